// An estimate for a whole launch from the prediction of a sample. Pure.

import type { Preview } from '../../../../src/http/contract.ts';

export function scalePreview(sample: Preview, count: number): Preview {
  const { in_scope, expected, steps } = sample;
  const { completed, compensated, failed, in_troubleshooting } = expected;
  const factor = count / Math.max(1, completed + compensated + failed + in_troubleshooting);
  const scale = <Counts extends object>(counts: Counts) =>
    Object.fromEntries(Object.entries(counts).map(([key, value]) => [key, value * factor])) as Counts;
  const scaled = Object.entries(steps).map(([key, { injected, ...counts }]) => [
    key,
    { ...scale(counts), injected: scale(injected) },
  ]);
  return {
    ...sample,
    exact: false,
    in_scope: in_scope * factor,
    expected: scale(expected),
    steps: Object.fromEntries(scaled),
  };
}
