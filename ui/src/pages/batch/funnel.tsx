// The attempts of each step by outcome, on one scale, so that steps compare.

import { Stack } from '@mantine/core';
import { IconBolt } from '@tabler/icons-react';
import type { StepFunnel } from '../../../../src/http/contract.ts';
import { Line } from '../../parts/batch/progress.tsx';
import { faultsOf, predictedFaults } from '../../parts/experiment/prediction.ts';
import { formatPercent, humanize, pluralize } from '../../parts/format.ts';
import { Note } from '../../parts/panel.tsx';
import { type BarPart, Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import { barColor, OUTCOME_DISPLAY } from '../../parts/status.ts';
import { ChaosLine } from './chaos-line.tsx';

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
  if (steps.length === 0) return <Note>No step was attempted yet.</Note>;
  return (
    <Stack gap="1.125rem">
      {steps.map((step) => (
        <StepRow key={step.step} step={step} longest={longest} />
      ))}
      <Note size="xs">Striped: injected by chaos. Plain: real.</Note>
    </Stack>
  );
}

function StepRow({ step, longest }: { step: StepFunnel; longest: number }) {
  const parts = partsOf(step);
  const injected = injectedLabel(step);
  return (
    <Stack gap="0.375rem" data-testid={`funnel-${step.step}`}>
      <Line name={humanize(step.step)} figures={pluralize(step.attempts, 'attempt')}>
        <StackedBar parts={parts} total={longest} label={`${humanize(step.step)}, attempts by outcome`} size={18} />
      </Line>
      <Legend parts={parts} hideZero />
      {injected && (
        <ChaosLine icon={IconBolt} testId={`injected-${step.step}`}>
          {injected}
        </ChaosLine>
      )}
    </Stack>
  );
}

/** Each outcome in two parts: injected and real. */
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

/** The sum of the injected faults, and each kind where there are several. */
function injectedLabel(step: StepFunnel): string {
  const faults = faultsOf(step.injected).filter((fault) => (step.injected[fault] ?? 0) > 0);
  const sum = faults.reduce((total, fault) => total + (step.injected[fault] ?? 0), 0);
  if (sum === 0) return '';
  const share = step.attempts > 0 ? ` (${formatPercent((sum / step.attempts) * 100)} of attempts)` : '';
  const kinds = faults.length > 1 ? `: ${predictedFaults(step)}` : '';
  return `${pluralize(sum, 'injected fault')}${share}${kinds}`;
}
