// Ready-made chaos, by what it is like to be a step of that process. Pure; works for any list of steps.

import { NO_CHAOS, type StepChaos } from '../../parts/chaos/chaos.ts';

export interface Preset {
  key: string;
  label: string;
  hint: string;
  /** The chaos of each step, in the order of the steps. */
  apply: (steps: readonly string[]) => Record<string, StepChaos>;
}

type Draw = (index: number, count: number) => Partial<StepChaos>;

function preset(key: string, label: string, hint: string, draw: Draw): Preset {
  return {
    key,
    label,
    hint,
    apply: (steps) =>
      Object.fromEntries(steps.map((step, index) => [step, { ...NO_CHAOS, ...draw(index, steps.length) }])),
  };
}

/** `lastStep` names the one that the slow preset slows: "Slow render". */
export function presetsFor(lastStep: string): Preset[] {
  return [
    preset('none', 'None', 'every step runs as if chaos did not exist', () => ({})),
    preset(
      'flaky',
      'Flaky network',
      '10 % transient failures and 2 % timeouts on every step, 20 to 200 ms slower',
      () => ({
        fail_transient_pct: 10,
        timeout_pct: 2,
        min_duration_ms: 20,
        max_duration_ms: 200,
      }),
    ),
    preset(
      'slow',
      `Slow ${lastStep}`,
      'the last step takes 0.5 to 3 s, and 3 % of its attempts hang',
      (index, count) => (index === count - 1 ? { min_duration_ms: 500, max_duration_ms: 3_000, timeout_pct: 3 } : {}),
    ),
    preset('down', 'One step down', 'the middle step always fails, for good', (index, count) =>
      index === Math.floor((count - 1) / 2)
        ? { fail_permanent_pct: 100, error_code: 'SERVICE_DOWN', error_message: 'The service does not answer' }
        : {},
    ),
    preset('all', '5 % of everything', '5 % of each fault on every step', () => ({
      fail_permanent_pct: 5,
      fail_transient_pct: 5,
      fail_business_rule_pct: 5,
      timeout_pct: 5,
    })),
  ];
}
