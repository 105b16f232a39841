// What the attempts of each step came to, on one scale, so that one sees how many each step gets from the one before.
// Striped parts were injected by chaos; plain ones are real.

import { Text } from '@mantine/core';
import { IconBolt } from '@tabler/icons-react';
import type { StepFunnel } from '../../../../src/http/contract.ts';
import { faultsOf, predictedFaults } from '../../parts/experiment/prediction.ts';
import { formatPercent, humanize, pluralize } from '../../parts/format.ts';
import { type BarPart, Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import { barColor, CHAOS_COLOR, OUTCOME_DISPLAY } from '../../parts/status.ts';
import classes from './batch.module.css';

/** The counts of a step, each with the injected faults that result in it. */
const PARTS = [
  { key: 'success', ...OUTCOME_DISPLAY.success, faults: ['duplicate', 'corrupt_reply'] },
  { key: 'transient', ...OUTCOME_DISPLAY.transient, faults: ['first_attempts', 'transient', 'connection_lost'] },
  { key: 'permanent', ...OUTCOME_DISPLAY.permanent, faults: ['permanent'] },
  { key: 'business_rule', ...OUTCOME_DISPLAY.business_rule, faults: ['business_rule'] },
  { key: 'timeout', ...OUTCOME_DISPLAY.lease_expired, faults: ['timeout', 'crash', 'lost_ack'] },
  { key: 'interrupted', ...OUTCOME_DISPLAY.released, label: 'Interrupted', faults: [] },
] as const;

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

/** Two parts for each outcome: injected and real. */
function partsOf(step: StepFunnel): BarPart[] {
  return PARTS.flatMap(({ key, label, color: name, faults }) => {
    const color = barColor(name);
    const injected = Math.min(
      step[key],
      faults.reduce((sum, fault) => sum + (step.injected[fault] ?? 0), 0),
    );
    return [
      { key: `${key}_injected`, label: `${label}, injected`, value: injected, color, striped: true },
      { key, label: injected > 0 ? `${label}, real` : label, value: step[key] - injected, color },
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
