// What chaos does to one attempt, from its behavior and its seeded rolls: one fault, or a delay before the work.
// Pure; the same arguments give the same injection on every worker, and to whoever foretells or replays it.

import type { CommandBehavior } from './behavior.ts';
import { drawDuration } from './duration.ts';
import type { FaultName } from './faults/index.ts';
import { FAULTS } from './faults/index.ts';
import type { RollSource } from './roll.ts';
import { hits, roll } from './roll.ts';

export type Injection =
  /** The handler runs, after a delay of `duration_ms` (0 for none). */
  { kind: 'none'; duration_ms: number } | { kind: FaultName };

/** Tries the faults in their order, each with a roll of its own; the first hit wins, and no delay comes before it. */
export function decide(behavior: CommandBehavior, source: RollSource): Injection {
  const { seed, key, step, attempt } = source;
  for (const fault of FAULTS) {
    const pct = fault.percent(behavior, attempt);
    // 0 and 100 need no roll.
    if (pct >= 100 || (pct > 0 && hits(pct, roll(seed, key, step, attempt, fault.name)))) return { kind: fault.name };
  }
  return { kind: 'none', duration_ms: drawDuration(behavior, source) };
}
