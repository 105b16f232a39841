// A kind of fault: what it is called, how often it hits, what it does to an attempt, and what that attempt comes to.
// A new kind is one file with a `Fault`, one line in ./index.ts and its field in the behavior schema.

import type { AttemptContext } from '../../bus/handlers.ts';
import type { OutcomeKind } from '../../model/command.ts';
import type { Env } from '../../model/env.ts';
import type { CommandBehavior } from '../behavior.ts';
import type { RollSource } from '../roll.ts';

/** The fields of a behavior that say how often a fault hits. */
export type PercentField = Extract<keyof CommandBehavior, `${string}_pct`>;
/** The field of a behavior that asks for a fault. */
export type FaultField = PercentField | 'fail_first_attempts';

/** What a fault may use to happen. */
export interface FaultContext {
  attempt: AttemptContext;
  behavior: CommandBehavior;
  /** What the rolls of the attempt are drawn from. */
  source: RollSource;
  env: Env;
  /** The work that would have been done without the fault: the handler, and what the behavior makes of its result. May be called more than once. */
  work(): Promise<unknown>;
  /** Ends this process at once, if that is allowed and it has lived long enough; returns otherwise. */
  crash(): void;
  /** Runs `work` so that every connection to the database which it asks the service for is lost under it. */
  withoutConnection<T>(work: () => Promise<T>): Promise<T>;
}

export interface Fault<Name extends string = string> {
  /** As rolls, attempts and the audit name it. */
  name: Name;
  field: FaultField;
  /** Faults are tried in ascending order; the first hit wins. */
  order: number;
  /** How often it hits this attempt (from 1), 0-100. At 0 and 100 no roll is drawn. */
  percent(behavior: CommandBehavior, attempt: number): number;
  /**
   * What the attempt comes to, for whoever predicts or replays it. `lease_expired`: it keeps its attempt from settling, so it is
   * written on the command before it happens. `success`: the work is done, and the mark is all that tells.
   */
  results_in: Extract<OutcomeKind, 'success' | 'transient' | 'permanent' | 'business_rule' | 'lease_expired'>;
  /** What an attempt says it failed with; null where it succeeds. */
  failure(behavior: CommandBehavior): { error_code: string; error_message: string } | null;
  /** Whether the delay of the behavior comes before it: as before any work, only where `delay_failures` asks for it, or never. */
  delayed: 'always' | 'if_asked' | 'never';
  /** Happens in place of the handler, after the delay: throws, or returns what the attempt comes to. */
  inject(context: FaultContext): Promise<unknown>;
}

/** How often a fault with a percentage of its own hits: the same for every attempt. */
export function percentOf(field: PercentField): Fault['percent'] {
  return (behavior) => behavior[field] ?? 0;
}
