// What chaos does to one attempt, from its behavior and its seeded rolls: at most one fault, and a delay before it or the work.
// Pure; the same arguments give the same injection on every worker, and to whoever predicts or replays it.

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
  /** The delay that comes first, in ms; 0 for none. */
  duration_ms: number;
}

/** Tries the faults in their order, each with a roll of its own; the first hit wins. */
export function decide(behavior: CommandBehavior, source: RollSource): Injection {
  const fault = FAULTS.find((kind) => isHit(kind, behavior, source));
  const delayed = fault === undefined || isDelayed(fault, behavior);
  return { kind: fault?.name ?? 'none', duration_ms: delayed ? drawDuration(behavior, source) : 0 };
}

/** The fault that `decide` comes to, without the delay; null for none. */
export type DecideFault = (behavior: CommandBehavior, source: RollSource) => FaultName | null;

/** For those who ask about few behaviors very often: which faults each of them asks for at all is found once. */
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
