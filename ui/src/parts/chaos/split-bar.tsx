// The expected split of a step's first attempt, as a bar that moves while one drags.

import { ALL_FAULTS } from '../behavior.ts';
import { formatPercent, humanize } from '../format.ts';
import { StackedBar } from '../stacked-bar.tsx';
import { type Chances, splitOf } from './first-attempt.ts';

export function splitParts(chaos: Chances) {
  const { faults, success } = splitOf(chaos);
  return [
    { key: 'success', label: 'Success', value: success, color: 'teal' },
    ...ALL_FAULTS.map(({ fault, short, color }) => ({
      key: fault,
      label: humanize(short),
      value: faults[fault] ?? 0,
      color,
    })),
  ];
}

export function SplitBar({ step, chaos, size }: { step: string; chaos: Chances; size?: number }) {
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
