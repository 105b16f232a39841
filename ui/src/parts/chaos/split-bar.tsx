// The expected split of a step's first attempt, as a bar that moves while one drags.

import { FAULT_FIELDS, FAULT_WORDS, type FaultField } from '../behavior.ts';
import { formatPercent, humanize } from '../format.ts';
import { StackedBar } from '../stacked-bar.tsx';
import type { StepChaos } from './chaos.ts';
import { firstAttemptOf } from './first-attempt.ts';

export function splitParts(chaos: Pick<StepChaos, FaultField>) {
  const { faults, success } = firstAttemptOf(chaos);
  return [
    { key: 'success', label: 'Success', value: success, color: 'teal' },
    ...FAULT_FIELDS.map((field) => ({
      key: field,
      label: humanize(FAULT_WORDS[field].short),
      value: faults[field],
      color: FAULT_WORDS[field].color,
    })),
  ];
}

export function SplitBar({ step, chaos, size }: { step: string; chaos: Pick<StepChaos, FaultField>; size?: number }) {
  return (
    <StackedBar
      parts={splitParts(chaos)}
      total={100}
      label={`${humanize(step)}, expected first attempt`}
      format={formatPercent}
      size={size}
    />
  );
}
