// What the attempts of each step came to, on one scale, so that one sees how many each step gets from the one before.
// Striped parts were injected by chaos; plain ones are real.

import { Text } from '@mantine/core';
import { IconBolt } from '@tabler/icons-react';
import type { StepFunnel } from '../../../../src/http/contract.ts';
import type { OutcomeKind } from '../../../../src/model/command.ts';
import { faultsOf, predictedFaults } from '../../parts/experiment/prediction.ts';
import { formatPercent, humanize, pluralize } from '../../parts/format.ts';
import { type BarPart, Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import { barColor, CHAOS_COLOR, OUTCOME_DISPLAY } from '../../parts/status.ts';
import classes from './batch.module.css';

const ORDER = Object.keys(OUTCOME_DISPLAY) as OutcomeKind[];

/** The injected faults that come to an outcome. */
const FAULTS_OF: Partial<Record<OutcomeKind, readonly string[]>> = {
  success: ['duplicate', 'corrupt_reply'],
  transient: ['first_attempts', 'transient', 'connection_lost'],
  permanent: ['permanent'],
  business_rule: ['business_rule'],
  lease_expired: ['timeout', 'crash', 'lost_ack'],
};

export function Funnel({ steps }: { steps: readonly StepFunnel[] }) {
  const longest = Math.max(1, ...steps.map((step) => step.attempts));
  if (steps.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No step was attempted yet.
      </Text>
    );
  }
  return (
    <div className={classes.funnel}>
      {steps.map((step) => (
        <StepRow key={step.step} step={step} longest={longest} />
      ))}
      <Text size="xs" c="dimmed">
        Striped: injected by chaos. Plain: real.
      </Text>
    </div>
  );
}

function StepRow({ step, longest }: { step: StepFunnel; longest: number }) {
  const parts = partsOf(step);
  const injected = injectedLabel(step);
  return (
    <div data-testid={`funnel-${step.step}`}>
      <div className={classes.lineHead}>
        <span>{humanize(step.step)}</span>
        <Text span inherit c="dimmed">
          {pluralize(step.attempts, 'attempt')}
        </Text>
      </div>
      <StackedBar parts={parts} total={longest} label={`${humanize(step.step)}, attempts by outcome`} size={18} />
      <div className={classes.funnelLegend}>
        <Legend parts={parts} hideZero />
      </div>
      {injected && (
        <Text size="xs" c={CHAOS_COLOR} className={classes.injected} data-testid={`injected-${step.step}`}>
          <IconBolt size={13} stroke={2} aria-hidden />
          {injected}
        </Text>
      )}
    </div>
  );
}

/** Each outcome in two: what chaos put there, and what happened by itself. */
function partsOf(step: StepFunnel): BarPart[] {
  return ORDER.flatMap((outcome) => {
    const { label } = OUTCOME_DISPLAY[outcome];
    const color = barColor(OUTCOME_DISPLAY[outcome].color);
    const faulty = (FAULTS_OF[outcome] ?? []).reduce((sum, fault) => sum + (step.injected[fault] ?? 0), 0);
    const injected = Math.min(faulty, step[outcome]);
    return [
      { key: `${outcome}_injected`, label: `${label}, injected`, value: injected, color, striped: true },
      { key: outcome, label: injected > 0 ? `${label}, real` : label, value: step[outcome] - injected, color },
    ];
  });
}

/** How much of the step is chaos: faults by their sum, and each by its name where there is more than one kind. */
function injectedLabel(step: StepFunnel): string {
  const faults = faultsOf(step.injected).filter((fault) => (step.injected[fault] ?? 0) > 0);
  const sum = faults.reduce((total, fault) => total + (step.injected[fault] ?? 0), 0);
  if (sum === 0) return '';
  const share = step.attempts > 0 ? ` (${formatPercent((sum / step.attempts) * 100)} of attempts)` : '';
  const kinds = faults.length > 1 ? `: ${predictedFaults(step)}` : '';
  return `${pluralize(sum, 'injected fault')}${share}${kinds}`;
}
