// Verdicts: computed on request or when a batch comes to rest, stored, and computed again after the batch has changed.
// One computation runs at a time over all batches. While a batch runs, only light checks are made.

import { isAway, type Pool } from '../db/pool.ts';
import { findBatch } from '../db/queries/read-batches.ts';
import type { Env, Timer } from '../model/env.ts';
import { NotFoundError } from '../model/errors.ts';
import { isBatchAtRest } from '../model/process.ts';
import { createThrottledMap } from '../model/throttled.ts';
import type { Analysis } from './analysis.ts';
import {
  listUnverifiedBatches,
  readFingerprint,
  readStoredVerdict,
  type StoredVerdict,
  storeVerdict,
} from './queries/verdicts.ts';
import type { Verdict } from './schemas.ts';
import { verifyLightly } from './verify.ts';

const LOOK_EVERY_MS = 2_000;
const RETRY_AFTER_MS = 5 * 60_000;

interface Job {
  batch_id: string;
  verdict: Promise<Verdict>;
  begun: boolean;
  verified: number;
}

export class Verdicts {
  readonly #pool: Pool;
  readonly #env: Env;
  readonly #analysis: Analysis;
  readonly #light: ReturnType<typeof createThrottledMap<Verdict>>;
  /** The latest of each batch, under way or waiting. */
  readonly #jobs = new Map<string, Job>();
  #running: Omit<Job, 'verdict'> | null = null;
  /** Two computations at once would share processors and connections, and both would be late. */
  #last: Promise<unknown> = Promise.resolve();
  /** Batches that could not be verified, and until when they are skipped: others must not wait behind them. */
  readonly #skippedUntil = new Map<string, number>();
  #timer: Timer | null = null;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(pool: Pool, env: Env, analysis: Analysis) {
    this.#pool = pool;
    this.#env = env;
    this.#analysis = analysis;
    this.#light = createThrottledMap(env, (batch_id) => this.#computeLightly(batch_id));
  }

  /** The stored verdict if it is still valid, else a new one. @throws NotFoundError */
  async read(batch_id: string): Promise<Verdict> {
    if (!(await this.#isAtRest(batch_id))) return this.#light.of(batch_id).read();
    return (await this.peek(batch_id)) ?? this.#jobs.get(batch_id)?.verdict ?? this.#enqueue(batch_id);
  }

  /** Computed on nothing older than this call: manual edits and storage change no fingerprint. @throws NotFoundError */
  async verify(batch_id: string): Promise<Verdict> {
    if (!(await this.#isAtRest(batch_id))) return this.#light.of(batch_id).read();
    const job = this.#jobs.get(batch_id);
    return job === undefined || job.begun ? this.#enqueue(batch_id) : job.verdict;
  }

  /** The stored verdict if it is still valid; computes nothing. */
  async peek(batch_id: string): Promise<Verdict | null> {
    const stored = await readStoredVerdict(this.#pool, batch_id);
    return stored !== null && stored.fingerprint === (await readFingerprint(this.#pool, batch_id))
      ? toVerdict(batch_id, stored)
      : null;
  }

  /** Progress of the verdict that is being computed; null when none is. */
  progress(batch_id: string): { verified: number } | null {
    const running = this.#running?.batch_id === batch_id ? this.#running : null;
    return running ?? this.#jobs.get(batch_id) ?? null;
  }

  /** From now on, batches that come to rest are verified without a request. */
  start(): void {
    this.#timer = this.#env.after(
      LOOK_EVERY_MS,
      () => {
        this.#round = this.#verifyRested()
          .catch((error) => {
            if (!this.#stopped)
              this.#env.logger.warn({ err: error }, 'batches at rest could not be verified, trying again');
          })
          .finally(() => void (this.#stopped || this.start()));
      },
      { unref: true },
    );
  }

  /** Ends when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.clear();
    await this.#round;
    await Promise.allSettled([...this.#jobs.values()].map(({ verdict }) => verdict));
  }

  async #isAtRest(batch_id: string): Promise<boolean> {
    const batch = await findBatch(this.#pool, batch_id);
    if (batch === null) throw new NotFoundError('batch', batch_id);
    return isBatchAtRest(batch.status);
  }

  #enqueue(batch_id: string): Promise<Verdict> {
    const job = { batch_id, begun: false, verified: 0 };
    const verdict = this.#last
      .then(() => this.#compute(job))
      .finally(() => {
        this.#running = null;
        if (this.#jobs.get(batch_id)?.verdict === verdict) this.#jobs.delete(batch_id);
      });
    this.#last = verdict.catch(() => {});
    this.#jobs.set(batch_id, Object.assign(job, { verdict }));
    return verdict;
  }

  async #compute(job: Omit<Job, 'verdict'>): Promise<Verdict> {
    if (this.#stopped) throw new Error('The server is closing.');
    const { batch_id } = job;
    job.begun = true;
    this.#running = job;
    const began_ms = this.#env.monotonicMs();
    const found = await this.#analysis.verify(batch_id, (verified) => {
      job.verified = verified;
    });
    if (found === null) throw new NotFoundError('batch', batch_id);
    const duration_ms = this.#env.monotonicMs() - began_ms;
    const { verdict } = found;
    const computed_at =
      verdict === 'running' ? new Date() : await storeVerdict(this.#pool, batch_id, { ...found, verdict, duration_ms });
    return toVerdict(batch_id, { ...found, computed_at, duration_ms });
  }

  async #computeLightly(batch_id: string): Promise<Verdict> {
    const began_ms = this.#env.monotonicMs();
    const checks = await verifyLightly(this.#pool, batch_id);
    if (checks === null) throw new NotFoundError('batch', batch_id);
    const verdict = checks.some(({ status }) => status === 'fail') ? 'fail' : 'running';
    const duration_ms = this.#env.monotonicMs() - began_ms;
    return toVerdict(batch_id, { verdict, checks, computed_at: new Date(), duration_ms });
  }

  async #verifyRested(): Promise<void> {
    for (const [batch_id, until_ms] of this.#skippedUntil)
      if (until_ms <= this.#env.monotonicMs()) this.#skippedUntil.delete(batch_id);
    const except = [...this.#skippedUntil.keys()];
    for (const batch_id of await listUnverifiedBatches(this.#pool, { except, limit: 20 })) {
      if (this.#stopped) return;
      await (this.#jobs.get(batch_id)?.verdict ?? this.#enqueue(batch_id)).catch((error: unknown) => {
        // The database may be back in a second.
        if (this.#stopped || isAway(error)) throw error;
        this.#skippedUntil.set(batch_id, this.#env.monotonicMs() + RETRY_AFTER_MS);
        this.#env.logger.warn(
          { err: error, batch_id },
          'a batch at rest could not be verified, trying again in some minutes',
        );
      });
    }
  }
}

function toVerdict(
  batch_id: string,
  {
    verdict,
    checks,
    computed_at,
    duration_ms,
  }: Omit<StoredVerdict, 'verdict' | 'fingerprint'> & Pick<Verdict, 'verdict'>,
): Verdict {
  return { batch_id, verdict, computed_at: computed_at.toISOString(), duration_ms, checks };
}
