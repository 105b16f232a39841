// A kind of fault: what it is called, which field sets how often, and what it does to an attempt.
// A new kind is one file with a `Fault`, one line in ./index.ts and its percentage in the behavior schema.

import type { AttemptContext } from '../../bus/handlers.ts';
import type { Env } from '../../model/env.ts';
import type { CommandBehavior } from '../behavior.ts';

/** The fields of a behavior that say how often a fault hits. */
export type PercentField = Extract<keyof CommandBehavior, `${string}_pct`>;

/** What a fault may use to happen. */
export interface FaultContext {
  attempt: AttemptContext;
  behavior: CommandBehavior;
  env: Env;
}

export interface Fault<Name extends string = string> {
  /** As rolls, attempts and the audit name it. */
  name: Name;
  pct_field: PercentField;
  /** Faults are tried in ascending order; the first hit wins. */
  order: number;
  /** It keeps its attempt from settling, so it must be written on the command before it happens. */
  prevents_settle: boolean;
  /** Happens in place of the handler: throws, or returns what the attempt comes to. */
  inject(context: FaultContext): Promise<unknown>;
}
