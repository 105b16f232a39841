// Which open batches had their behavior changed after their launch, and to what, as this process knows it.
// Promises to know of a change within CHANGES_KNOWN_WITHIN_MS of its commit, at one small query in that time and only while steps are sent.

import type { OutgoingCommand } from '../bus/handlers.ts';
import type { Tx } from '../db/pool.ts';
import type { Env } from '../model/env.ts';
import { type BehaviorOverride, readBehaviorOverrides } from './queries/lab-control.ts';

/** What is known may be as old as this when a step is sent by it. */
const CHANGES_KNOWN_WITHIN_MS = 500;

export interface BehaviorOverrides {
  /** By batch, for the batches of these commands; most often nothing. Read in the transaction that sends them, when it is time to. */
  read(
    tx: Tx,
    commands: readonly Pick<OutgoingCommand, 'batch_id' | 'purpose'>[],
  ): Promise<ReadonlyMap<string, BehaviorOverride>>;
}

const NONE: ReadonlyMap<string, BehaviorOverride> = new Map();

export function createBehaviorOverrides(env: Pick<Env, 'monotonicMs'>): BehaviorOverrides {
  let known = NONE;
  let known_at_ms = Number.NEGATIVE_INFINITY;

  return {
    async read(tx, commands) {
      if (!commands.some(({ batch_id, purpose }) => purpose === 'step' && batch_id !== null)) return NONE;
      const now_ms = env.monotonicMs();
      if (now_ms - known_at_ms < CHANGES_KNOWN_WITHIN_MS) return known;
      const rows = await readBehaviorOverrides(tx);
      // Of two that read at once the later answer may be the older one.
      if (now_ms >= known_at_ms) {
        known = new Map(rows.map((row) => [row.batch_id, row]));
        known_at_ms = now_ms;
      }
      return known;
    },
  };
}
