// A kind of fault: its name, how often it hits, what it does to an attempt, and the outcome of that attempt.
// A new kind is a file with a `Fault`, a line in ./index.ts and a field in the behavior schema.

import type { AttemptContext } from '../../bus/handlers.ts';
import type { OutcomeKind } from '../../model/command.ts';
import type { Env } from '../../model/env.ts';
import type { CommandBehavior } from '../behavior.ts';
import type { RollSource } from '../roll.ts';

/** The fields of a behavior that set how often a fault hits. */
export type PercentField = Extract<keyof CommandBehavior, `${string}_pct`>;
/** The field of a behavior that asks for a fault. */
export type FaultField = PercentField | 'fail_first_attempts';

/** The tools of a fault. */
export interface FaultContext {
  attempt: AttemptContext;
  behavior: CommandBehavior;
  source: RollSource;
  env: Env;
  /**
   * The work without the fault: the handler, with `response_data` merged into its result. Can be called more than once.
   */
  work(): Promise<unknown>;
  /** Ends this process at once; returns if that is not allowed, or it has not lived long enough. */
  crash(): void;
  /** Runs `work`, losing each database connection that it takes from the service. */
  withoutConnection<T>(work: () => Promise<T>): Promise<T>;
}

export interface Fault<Name extends string = string> {
  /** The name in rolls, attempts and the audit. */
  name: Name;
  field: FaultField;
  /** Faults are tried in ascending order; the first hit wins. */
  order: number;
  /** How often it hits this attempt (from 1), 0-100. At 0 and 100 no roll is drawn. */
  percent(behavior: CommandBehavior, attempt: number): number;
  /**
   * The outcome of the attempt, for predictions and replays. `lease_expired`: the fault prevents settling, so it is
   * written to the command before it happens. `success`: the work is done, and only the mark shows the fault.
   */
  results_in: Extract<OutcomeKind, 'success' | 'transient' | 'permanent' | 'business_rule' | 'lease_expired'>;
  /** The error of the attempt; null if it succeeds. */
  failure(behavior: CommandBehavior): { error_code: string; error_message: string } | null;
  /** Whether the delay of the behavior applies: always, only with `delay_failures`, or never. */
  delayed: 'always' | 'if_asked' | 'never';
  /** Runs in place of the handler, after the delay: throws, or returns the result. */
  inject(context: FaultContext): Promise<unknown>;
}

/** The percentage of a field, the same for every attempt. */
export function percentOf(field: PercentField): Fault['percent'] {
  return (behavior) => behavior[field] ?? 0;
}
