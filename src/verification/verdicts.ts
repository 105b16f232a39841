// Verdicts: computed when somebody asks or a batch has come to rest, stored, and computed again once anything of the batch changed.
// Promises one computation at a time, of all batches, and light checks only while a batch runs.

import { isAway, type Pool } from '../db/pool.ts';
import { findBatch } from '../db/queries/read-batches.ts';
import type { Verdict } from '../http/contract.ts';
import type { Env, Timer } from '../model/env.ts';
import { NotFoundError } from '../model/errors.ts';
import { isBatchAtRest } from '../model/process.ts';
import { createThrottledMap } from '../model/throttled.ts';
import type { Laboratory } from './analysis.ts';
import {
  listUnverifiedBatches,
  readFingerprint,
  readStoredVerdict,
  type StoredVerdict,
  storeVerdict,
} from './queries/verdicts.ts';
import { type CheckResult, verifyLightly } from './verify.ts';
import { createWindows, verifiedOf, type WindowTask } from './windows.ts';

const LOOK_EVERY_MS = 2_000;
const AGAIN_AFTER_MS = 5 * 60_000;

export interface Verdicts {
  /** @throws NotFoundError */
  read(batch_id: string): Promise<Verdict>;
  /** Given again, on nothing older than this call: what was written by hand, or lies in storage, changes no fingerprint. @throws NotFoundError */
  judge(batch_id: string): Promise<Verdict>;
  /** What is stored, if it still holds; computes nothing. */
  peek(batch_id: string): Promise<Verdict | null>;
  /** How far the verdict that is being given has come; null when none is. */
  progress(batch_id: string): { verified: number } | null;
  /** From now on batches that come to rest are verified by themselves. */
  start(): void;
  /** After it nothing is under way. */
  stop(): Promise<void>;
}

export function createVerdicts(pool: Pool, env: Env, laboratory: Laboratory): Verdicts {
  const computing = new Map<string, { verdict: Promise<Verdict>; windows: WindowTask }>();
  const light = createThrottledMap(env, (batch_id) => lightVerdict(pool, env, batch_id));
  let timer: Timer | null = null;
  let round: Promise<void> = Promise.resolve();
  let stopped = false;

  const peek = async (batch_id: string) => {
    const stored = await readStoredVerdict(pool, batch_id);
    return stored !== null && stored.fingerprint === (await readFingerprint(pool, batch_id))
      ? showVerdict(batch_id, stored)
      : null;
  };

  const compute = async (batch_id: string, windows: WindowTask): Promise<Verdict> => {
    const began_ms = env.monotonicMs();
    const verified = await laboratory.verify(batch_id, windows);
    if (verified === null) throw new NotFoundError('batch', batch_id);
    const { verdict, ...found } = verified;
    const duration_ms = env.monotonicMs() - began_ms;
    const stored = verdict === 'running' ? null : { ...found, verdict, duration_ms };
    const computed_at = stored === null ? new Date() : await storeVerdict(pool, batch_id, stored);
    return showVerdict(batch_id, { ...verified, computed_at, duration_ms });
  };

  /** The one that is being given. Two at once would share processors and connections, and both come later. */
  let last: Promise<unknown> = Promise.resolve();
  const judge = (batch_id: string): Promise<Verdict> => {
    const running = computing.get(batch_id);
    if (running !== undefined) return running.verdict;
    const windows = createWindows();
    const begin = () => {
      if (stopped) throw new Error('The server is closing.');
      return compute(batch_id, windows);
    };
    const verdict = last.then(begin).finally(() => computing.delete(batch_id));
    last = verdict.catch(() => {});
    computing.set(batch_id, { verdict, windows });
    return verdict;
  };

  const following = new Map<string, Promise<Verdict>>();
  const verifyAgain = (batch_id: string): Promise<Verdict> => {
    const running = computing.get(batch_id);
    if (running === undefined) return judge(batch_id);
    const next =
      following.get(batch_id) ??
      running.verdict
        .catch(() => {})
        .then(() => {
          following.delete(batch_id);
          return judge(batch_id);
        });
    following.set(batch_id, next);
    return next;
  };

  /** Batches that could not be verified lately, and until when they are left alone: others must not wait behind them. */
  const hopeless = new Map<string, number>();
  const lookAround = async () => {
    for (const [batch_id, until_ms] of hopeless) if (until_ms <= env.monotonicMs()) hopeless.delete(batch_id);
    for (const batch_id of await listUnverifiedBatches(pool, { except: [...hopeless.keys()], limit: 20 })) {
      if (stopped) return;
      await judge(batch_id).catch((error: unknown) => {
        // The database may be back in a second.
        if (stopped || isAway(error)) throw error;
        hopeless.set(batch_id, env.monotonicMs() + AGAIN_AFTER_MS);
        env.logger.warn(
          { err: error, batch_id },
          'a batch at rest could not be verified, trying again in some minutes',
        );
      });
    }
  };

  const schedule = () => {
    timer = env.after(
      LOOK_EVERY_MS,
      () => {
        round = lookAround()
          .catch((error) => {
            if (!stopped) env.logger.warn({ err: error }, 'batches at rest could not be verified, trying again');
          })
          .finally(() => void (stopped || schedule()));
      },
      { unref: true },
    );
  };

  const isAtRest = async (batch_id: string) => {
    const batch = await findBatch(pool, batch_id);
    if (batch === null) throw new NotFoundError('batch', batch_id);
    return isBatchAtRest(batch.status);
  };

  return {
    async read(batch_id) {
      if (!(await isAtRest(batch_id))) return light.of(batch_id).read();
      return (await peek(batch_id)) ?? judge(batch_id);
    },
    async judge(batch_id) {
      return (await isAtRest(batch_id)) ? verifyAgain(batch_id) : light.of(batch_id).read();
    },
    peek,
    progress(batch_id) {
      const running = computing.get(batch_id);
      return running === undefined ? null : { verified: verifiedOf(running.windows) };
    },
    start: schedule,
    async stop() {
      stopped = true;
      timer?.clear();
      await round;
      await Promise.allSettled([...computing.values()].map(({ verdict }) => verdict));
    },
  };
}

async function lightVerdict(pool: Pool, env: Env, batch_id: string): Promise<Verdict> {
  const began_ms = env.monotonicMs();
  const checks = await verifyLightly(pool, batch_id);
  if (checks === null) throw new NotFoundError('batch', batch_id);
  const failed = checks.some(({ status }) => status === 'fail');
  return {
    batch_id,
    verdict: failed ? 'fail' : 'running',
    computed_at: new Date().toISOString(),
    duration_ms: env.monotonicMs() - began_ms,
    checks,
  };
}

function showVerdict(
  batch_id: string,
  {
    verdict,
    checks,
    computed_at,
    duration_ms,
  }: Omit<StoredVerdict, 'fingerprint' | 'verdict'> & Pick<Verdict, 'verdict'>,
): Verdict {
  return { batch_id, verdict, computed_at: computed_at.toISOString(), duration_ms, checks: checks as CheckResult[] };
}
