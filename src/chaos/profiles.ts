// Built-in profiles: ready-made chaos for any list of steps. Pure. Each profile affects at least one step.

import type { CommandBehavior, ProcessBehavior } from './behavior.ts';

export interface BuiltinProfile {
  /** Its name in lower case: `flaky-network`. */
  profile_id: string;
  name: string;
  /** One sentence. */
  description: string;
  behavior: ProcessBehavior;
}

/** The behavior of one step; null for none. */
type Draw = (step: { first: boolean; middle: boolean; last: boolean }) => CommandBehavior | null;

/** The built-in profiles for a process with these step keys, in its order; none without steps. */
export function builtinProfiles(steps: readonly string[]): BuiltinProfile[] {
  const lastIndex = steps.length - 1;
  const middleIndex = Math.floor(lastIndex / 2);
  if (lastIndex < 0) return [];

  const profile = (name: string, description: string, draw: Draw): BuiltinProfile => ({
    profile_id: (name.toLowerCase().match(/[a-z0-9]+/g) ?? []).join('-'),
    name,
    description,
    behavior: Object.fromEntries(
      steps.flatMap((step, index) => {
        const behavior = draw({ first: index === 0, middle: index === middleIndex, last: index === lastIndex });
        return behavior === null ? [] : [[step, behavior] as const];
      }),
    ),
  });

  return [
    profile(
      'Flaky network',
      'On every step 10 % of attempts fail for now, 2 % hang, 2 % lose their connection and 1 % their acknowledgement, 20 to 200 ms slower.',
      () => ({
        fail_transient_pct: 10,
        timeout_pct: 2,
        connection_lost_pct: 2,
        lost_ack_pct: 1,
        min_duration_ms: 20,
        max_duration_ms: 200,
        duration_shape: 'lognormal',
      }),
    ),
    profile(`Slow ${steps[lastIndex]}`, 'The last step takes 0.5 to 3 s, and 3 % of its attempts hang.', ({ last }) =>
      last ? { min_duration_ms: 500, max_duration_ms: 3_000, duration_shape: 'lognormal', timeout_pct: 3 } : null,
    ),
    profile('One step down', `Nothing gets past ${steps[middleIndex]}: it always fails, for good.`, ({ middle }) =>
      middle
        ? { fail_permanent_pct: 100, error_code: 'SERVICE_DOWN', error_message: 'The service does not answer' }
        : null,
    ),
    profile(
      'Retry storm',
      'The first attempt at every step fails, and 30 % of those after it, each after 50 to 250 ms of work.',
      () => ({
        fail_first_attempts: 1,
        fail_transient_pct: 30,
        min_duration_ms: 50,
        max_duration_ms: 250,
        delay_failures: true,
      }),
    ),
    profile('Poison 1 %', 'One process in a hundred can never be done: its first step fails, for good.', ({ first }) =>
      first ? { fail_permanent_pct: 1, error_code: 'POISON', error_message: 'This one cannot be processed' } : null,
    ),
    profile(
      'Everything at once',
      'On every step 5 % of attempts fail in each ordinary way and 1 % in each nasty one, dying workers included.',
      () => ({
        fail_permanent_pct: 5,
        fail_transient_pct: 5,
        fail_business_rule_pct: 5,
        timeout_pct: 5,
        crash_pct: 1,
        connection_lost_pct: 1,
        lost_ack_pct: 1,
        duplicate_pct: 1,
        corrupt_reply_pct: 1,
        min_duration_ms: 0,
        max_duration_ms: 100,
      }),
    ),
  ];
}
