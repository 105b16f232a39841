// Presets of chaos for one command. Pure.

import { NO_CHAOS, type StepChaos } from '../../parts/chaos/chaos.ts';

export interface CommandPreset {
  key: string;
  label: string;
  hint: string;
  chaos: StepChaos;
}

function preset(key: string, label: string, hint: string, chaos: Partial<StepChaos>): CommandPreset {
  return { key, label, hint, chaos: { ...NO_CHAOS, ...chaos } };
}

export const COMMAND_PRESETS: readonly CommandPreset[] = [
  preset('none', 'None', 'Runs without injected faults', {}),
  preset('flaky', 'Flaky', '10 % transient failures, 2 % timeouts, 20 to 200 ms slower', {
    fail_transient_pct: 10,
    timeout_pct: 2,
    min_duration_ms: 20,
    max_duration_ms: 200,
  }),
  preset('broken', 'Always fails', 'Every attempt fails for good: straight to troubleshooting', {
    fail_permanent_pct: 100,
  }),
  preset('refused', 'Refused', 'A business rule rejects it: a final answer, not a malfunction', {
    fail_business_rule_pct: 100,
  }),
  preset('hangs', 'Hangs', 'Every attempt hangs until its lease expires', { timeout_pct: 100 }),
];
