// The behaviors of open batches that were changed after their launch, cached for this process.
// A change applies within REFRESH_MS of its commit, at the cost of one small query in that time while steps are sent.

import type { OutgoingCommand } from '../bus/handlers.ts';
import type { Tx } from '../db/pool.ts';
import type { Env } from '../model/env.ts';
import { type BehaviorOverride, readBehaviorOverrides } from './queries/lab-control.ts';

const REFRESH_MS = 500;

const NONE: ReadonlyMap<string, BehaviorOverride> = new Map();

export class BehaviorOverrides {
  readonly #env: Pick<Env, 'monotonicMs'>;
  #known = NONE;
  #read_at_ms = Number.NEGATIVE_INFINITY;

  constructor(env: Pick<Env, 'monotonicMs'>) {
    this.#env = env;
  }

  /** By batch, for the batches of these commands. Read in the transaction that sends them, if the cache is too old. */
  async read(
    tx: Tx,
    commands: readonly Pick<OutgoingCommand, 'batch_id' | 'purpose'>[],
  ): Promise<ReadonlyMap<string, BehaviorOverride>> {
    if (!commands.some(({ batch_id, purpose }) => purpose === 'step' && batch_id !== null)) return NONE;
    const now_ms = this.#env.monotonicMs();
    if (now_ms - this.#read_at_ms < REFRESH_MS) return this.#known;
    const rows = await readBehaviorOverrides(tx);
    // When two reads run at once, the later result may be the older one.
    if (now_ms >= this.#read_at_ms) {
      this.#known = new Map(rows.map((row) => [row.batch_id, row]));
      this.#read_at_ms = now_ms;
    }
    return this.#known;
  }
}
