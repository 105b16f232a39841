// Decides what chaos does to one attempt, from its behavior and seeded rolls: at most one fault, and a delay.
// Pure: the same arguments give the same injection on every worker, in predictions and in replays.

import type { CommandBehavior } from './behavior.ts';
import { drawDuration } from './duration.ts';
import type { Fault } from './faults/fault.ts';
import type { FaultName } from './faults/index.ts';
import { FAULTS } from './faults/index.ts';
import type { RollSource } from './roll.ts';
import { hits, roll } from './roll.ts';

export interface Injection {
  /** The fault, or `none`: the handler runs. */
  kind: FaultName | 'none';
  /** The delay before the fault or the handler, in ms; 0 for none. */
  duration_ms: number;
}

/** Tries the faults in their order, each with a roll of its own; the first hit wins. */
export function decide(behavior: CommandBehavior, source: RollSource): Injection {
  const fault = FAULTS.find((kind) => isHit(kind, behavior, source));
  const delayed = fault === undefined || isDelayed(fault, behavior);
  return { kind: fault?.name ?? 'none', duration_ms: delayed ? drawDuration(behavior, source) : 0 };
}

/** The fault that `decide` selects; null for none. */
export type DecideFault = (behavior: CommandBehavior, source: RollSource) => FaultName | null;

/** For many decisions on few behaviors: caches the faults that each behavior asks for. */
export function createDecideFault(): DecideFault {
  const asked = new Map<CommandBehavior, readonly Fault<FaultName>[]>();
  return (behavior, source) => {
    let faults = asked.get(behavior);
    if (faults === undefined) {
      faults = FAULTS.filter(({ field }) => behavior[field] !== undefined);
      asked.set(behavior, faults);
    }
    for (const fault of faults) if (isHit(fault, behavior, source)) return fault.name;
    return null;
  };
}

function isHit(fault: Fault, behavior: CommandBehavior, { seed, key, step, attempt }: RollSource): boolean {
  const pct = fault.percent(behavior, attempt);
  // 0 and 100 need no roll.
  return pct >= 100 || (pct > 0 && hits(pct, roll(seed, key, step, attempt, fault.name)));
}

function isDelayed({ delayed }: Fault, { delay_failures }: CommandBehavior): boolean {
  return delayed === 'always' || (delayed === 'if_asked' && delay_failures === true);
}
