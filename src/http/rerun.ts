// Again: the launch that does a batch once more, or one process of it alone, with the same rolls.
// Promises to launch nothing: what it gives goes the way of every launch, and is checked like one.

import { readSentBehaviors } from '../chaos/queries/reruns.ts';
import type { Pool } from '../db/pool.ts';
import { type Batch, readBatch } from '../db/queries/batches.ts';
import { findProcess, type ProcessRecord } from '../db/queries/read-processes.ts';
import { NotFoundError, WrongStateError } from '../model/errors.ts';
import { stepKey } from '../model/process.ts';
import { isPlainObject } from '../model/storable.ts';
import type { ProcessRegistry } from '../process/define.ts';
import type { LaunchRequest } from '../process/launch.ts';
import type { RerunBody } from './contract.ts';
import { checkLaunch } from './launch-body.ts';

interface Sources {
  pool: Pool;
  processes: ProcessRegistry;
}

/**
 * The batch again, by the newest version of its type like every launch: what `body` does not say is as it was, the seed included.
 * An empty behavior or experiment asks for none; only the queue that was told of the end is not told again.
 * @throws NotFoundError, InvalidInputError, UnknownProcessTypeError
 */
export async function rerunOfBatch(sources: Sources, batch_id: string, body: RerunBody): Promise<LaunchRequest> {
  const batch = await mustRead(sources.pool, batch_id);
  return launchLike(sources.processes, batch, {
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
 * A batch of this process alone, at its place, with its seed and the chaos that its steps were sent with: attempt by attempt it meets
 * the same faults.
 * @throws NotFoundError; WrongStateError for a process without a batch, whose rolls come from its own id
 */
export async function rerunOfProcess(
  sources: Sources,
  process_id: string,
  body: Pick<RerunBody, 'name' | 'reply_to'>,
): Promise<LaunchRequest> {
  const process = await findProcess(sources.pool, process_id);
  if (process === null) throw new NotFoundError('process', process_id);
  const { batch_id, ordinal } = process;
  if (batch_id === null) throw new WrongStateError('The process has no batch: its faults are drawn from its own id.');
  const batch = await mustRead(sources.pool, batch_id);
  return launchLike(sources.processes, batch, {
    count: 1,
    first_ordinal: ordinal,
    name: body.name ?? null,
    seed: batch.seed,
    behavior: await behaviorMet(sources.pool, process),
    experiment: { rerun_of: { batch_id, process_id } },
    reply_to: body.reply_to,
  });
}

async function mustRead(pool: Pool, batch_id: string): Promise<Batch> {
  const batch = await readBatch(pool, batch_id);
  if (batch?.kind !== 'process') throw new NotFoundError('batch', batch_id);
  return batch;
}

/** What it started with, and for steps that it has sent what they were sent with, the newest visit last. */
async function behaviorMet(pool: Pool, { process_id, state }: ProcessRecord): Promise<Record<string, unknown>> {
  const met: Record<string, unknown> = isPlainObject(state.behavior) ? { ...state.behavior } : {};
  for (const { step, behavior } of await readSentBehaviors(pool, process_id)) met[stepKey(step)] = behavior;
  return met;
}

interface Again {
  count: number;
  first_ordinal: number;
  name: string | null;
  seed: string;
  behavior: Record<string, unknown> | null;
  experiment: object;
  reply_to: string | undefined;
}

function launchLike(processes: ProcessRegistry, batch: Batch, again: Again): LaunchRequest {
  const { first_ordinal, name, ...envelope } = again;
  const { process_type, input, max_attempts, backoff_ms, jitter_pct, lease_ms } = batch;
  const launch = checkLaunch(
    {
      envelope: { ...envelope, name: name ?? undefined, process_type, retry: { max_attempts, backoff_ms }, lease_ms },
      input,
    },
    processes,
  );
  return { ...launch, first_ordinal, policy: { ...launch.policy, jitter_pct } };
}
