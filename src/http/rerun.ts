// Reruns: the launch that repeats a batch, or one of its processes alone, with the same rolls.
// Nothing is launched here; a rerun is checked and accepted like every launch.

import { readSentBehaviors } from '../chaos/queries/reruns.ts';
import type { Pool } from '../db/pool.ts';
import { type Batch, readBatch } from '../db/queries/batches.ts';
import { findProcess, type ProcessRecord } from '../db/queries/read-processes.ts';
import { NotFoundError, orNotFound, WrongStateError } from '../model/errors.ts';
import { stepKey } from '../model/process.ts';
import { isPlainObject } from '../model/storable.ts';
import type { LaunchRequest } from '../process/launch-check.ts';
import type { RerunBody } from './contract.ts';
import { checkLaunch, type Launchable } from './launch-body.ts';

interface Sources extends Launchable {
  pool: Pool;
}

/**
 * Repeats the batch with the newest version of its type. What `body` does not give is taken from the batch, the seed
 * included, but not its reply_to. An empty behavior or experiment asks for none.
 * @throws NotFoundError, InvalidInputError, UnknownProcessTypeError
 */
export async function rerunOfBatch(sources: Sources, batch_id: string, body: RerunBody): Promise<LaunchRequest> {
  const batch = await requireBatch(sources.pool, batch_id);
  return launchLike(sources, batch, {
    count: body.count ?? batch.total_count,
    first_ordinal: batch.first_ordinal ?? 0,
    name: body.name ?? batch.name,
    seed: body.seed ?? batch.seed,
    behavior: body.behavior ?? batch.behavior,
    experiment: { ...(body.experiment ?? batch.experiment), rerun_of: { batch_id } },
    reply_to: body.reply_to,
  });
}

/**
 * A batch of this process alone, with its ordinal, its seed and the chaos of the steps it has sent, so that each
 * attempt has the same faults.
 * @throws NotFoundError; WrongStateError for a process without a batch, whose rolls come from its own id
 */
export async function rerunOfProcess(
  sources: Sources,
  process_id: string,
  body: Pick<RerunBody, 'name' | 'reply_to'>,
): Promise<LaunchRequest> {
  const process = orNotFound(await findProcess(sources.pool, process_id), 'process', process_id);
  const { batch_id, ordinal } = process;
  if (batch_id === null) throw new WrongStateError('The process has no batch: its faults are drawn from its own id.');
  const batch = await requireBatch(sources.pool, batch_id);
  return launchLike(sources, batch, {
    count: 1,
    first_ordinal: ordinal,
    name: body.name ?? null,
    seed: batch.seed,
    behavior: await behaviorOf(sources.pool, process),
    experiment: { rerun_of: { batch_id, process_id } },
    reply_to: body.reply_to,
  });
}

async function requireBatch(pool: Pool, batch_id: string): Promise<Batch> {
  const batch = await readBatch(pool, batch_id);
  if (batch?.kind !== 'process') throw new NotFoundError('batch', batch_id);
  return batch;
}

/** The behavior it started with; for steps it has sent, the behavior they were sent with, the newest visit last. */
async function behaviorOf(pool: Pool, { process_id, state }: ProcessRecord): Promise<Record<string, unknown>> {
  const behaviors: Record<string, unknown> = isPlainObject(state.behavior) ? { ...state.behavior } : {};
  for (const { step, behavior } of await readSentBehaviors(pool, process_id)) behaviors[stepKey(step)] = behavior;
  return behaviors;
}

interface Rerun {
  count: number;
  first_ordinal: number;
  name: string | null;
  seed: string;
  behavior: Record<string, unknown> | null;
  experiment: object;
  reply_to: string | undefined;
}

function launchLike(launchable: Launchable, batch: Batch, rerun: Rerun): LaunchRequest {
  const { first_ordinal, name, ...fields } = rerun;
  const { process_type, input, max_attempts, backoff_ms, jitter_pct, lease_ms } = batch;
  const retry = { max_attempts, backoff_ms };
  const envelope = { ...fields, name: name ?? undefined, process_type, retry, lease_ms };
  const launch = checkLaunch({ envelope, input }, launchable);
  return { ...launch, first_ordinal, policy: { ...launch.policy, jitter_pct } };
}
