// Launching a command batch: like a batch of processes work on the bus, in chunks of 1,000, durable and resumable.
// A member's id follows from its batch and its ordinal, so a chunk that is done again sends nothing twice.

import { type Bus, INTERNAL_DOMAIN, sendCommands, sendIfAbsent } from '../bus/bus.ts';
import type { HandlerContext, HandlerRegistry } from '../bus/handlers.ts';
import {
  type CommandRequest,
  canonicalId,
  checkRequests,
  commandOf,
  findDocumentErrors,
  refuseAny,
} from '../bus/request.ts';
import { insertOrRefuse, laneOfPlace, refuseRepeated, send, sendMany } from '../bus/send.ts';
import { type Tx, withTx } from '../db/pool.ts';
import { closeBatchIfOpen, insertBatch, type NewBatch, readBatch, shareBatch } from '../db/queries/batches.ts';
import { insertEvents } from '../db/queries/events.ts';
import { claimIdempotencyKey, type Idempotency } from '../db/queries/idempotency.ts';
import { IdempotencyKeyReusedError, NotFoundError, WrongStateError } from '../model/errors.ts';
import { deterministicId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { findNumberErrors } from '../model/policy.ts';
import { chunkCommands, drawSeed, findEarlier, type Launched } from './launch.ts';
import { findLabelErrors } from './launch-check.ts';

/** What is the same for every command of a batch. */
export type CommandTemplate = Omit<CommandRequest, 'command_id' | 'batch_id'>;

export interface CommandBatchRequest {
  name?: string;
  /** Anything of the sender's own. */
  custom?: Record<string, unknown>;
  /** The queue that is told when the batch ended. */
  reply_to?: string;
  /** False: it takes more commands, and does not end before it is closed. True, unless it begins empty. */
  closed?: boolean;
  /** 1-64 of A-Z a-z 0-9 . _ -; drawn when absent. */
  seed?: string;
  /** 1 to 100,000 commands like the template. */
  count?: number;
  template?: CommandTemplate;
  /** Or these. */
  commands?: readonly CommandRequest[];
  idempotency?: Idempotency;
}

export interface LaunchedCommands extends Launched {
  /** Of `commands`, in their order. */
  command_ids: string[];
}

/**
 * Writes the batch, and its commands or the chunks that will, in one transaction.
 * @throws InvalidInputError, DuplicateCommandError, IdempotencyKeyReusedError
 */
export async function launchCommands(bus: Bus, request: CommandBatchRequest): Promise<LaunchedCommands> {
  checkBatchRequest(bus, request);
  const commands = request.commands ?? [];
  const batch = newBatch(bus, request);
  const launched = await withTx(bus.pool, async (tx) => {
    if (request.idempotency !== undefined) {
      const earlier = await findEarlier(tx, request.idempotency, batch.batch_id);
      // What it had in the first place, whatever was added since.
      if (earlier !== null) return { ...earlier, total_count: batch.total_count };
    }
    await insertBatch(tx, batch);
    await insertEvents(tx, 0, [
      { type: 'BATCH_STARTED', batch_id: batch.batch_id, details: { total_count: batch.total_count } },
    ]);
    if (request.count !== undefined) {
      for (const chunks of chunkCommands(bus, batch, 'CommandChunk')) await sendCommands(bus, tx, chunks);
    }
    const members = commands.map((command, ordinal) => memberOf(bus, batch.batch_id, ordinal, command));
    await insertOrRefuse(bus, tx, members);
    return batch;
  });
  bus.notifier.wake(INTERNAL_DOMAIN);
  for (const domain of new Set(commands.map((command) => command.domain))) bus.notifier.wake(domain);
  const { batch_id, status, total_count, seed } = launched;
  return { batch_id, status, total_count, seed, command_ids: commands.map(idIn(bus, batch_id)) };
}

/** Adds commands to an open batch, all or none. @throws as `sendMany`, WrongStateError when it is closed */
export async function addCommands(
  bus: Bus,
  batch_id: string,
  commands: readonly CommandRequest[],
): Promise<{ batch_id: string; total_count: number; command_ids: string[] }> {
  const requests = commands.map((command) => ({ ...command, batch_id }));
  const { command_ids } = await sendMany(bus, requests);
  const batch = await readBatch(bus.pool, batch_id);
  return { batch_id, total_count: batch?.total_count ?? command_ids.length, command_ids };
}

/** It takes no more commands, and ends when those that it has did. @throws NotFoundError, WrongStateError */
export async function closeCommandBatch(bus: Bus, batch_id: string): Promise<{ batch_id: string; closed_at: Date }> {
  const closed_at = await withTx(bus.pool, async (tx) => {
    const closed_at = await closeBatchIfOpen(tx, batch_id);
    if (closed_at !== null) return closed_at;
    const batch = await readBatch(tx, batch_id);
    if (batch === null || batch.kind !== 'command') throw new NotFoundError('command batch', batch_id);
    throw new WrongStateError(`The batch is ${batch.closed ? 'closed' : batch.status}.`);
  });
  return { batch_id, closed_at };
}

/** Sends one command. With an idempotency key used before for the same request, gives the id of the command sent then. */
export async function sendOnce(bus: Bus, request: CommandRequest, idempotency?: Idempotency): Promise<string> {
  if (idempotency === undefined) return (await send(bus, request)).command_id;
  const command_id = canonicalId(request.command_id) ?? bus.env.newId();
  const sent = await withTx(bus.pool, async (tx) => {
    // The table has one column for the id of what was made.
    const used = await claimIdempotencyKey(tx, idempotency, command_id);
    if (used === null) return send(bus, { ...request, command_id }, { tx });
    if (used.request_hash !== idempotency.request_hash) throw new IdempotencyKeyReusedError();
    return { command_id: used.batch_id, committed: () => {} };
  });
  sent.committed();
  return sent.command_id;
}

const idIn = (bus: Bus, batch_id: string) => (request: CommandRequest, ordinal: number) =>
  canonicalId(request.command_id) ?? deterministicId(batch_id, ordinal, laneOfPlace(bus, ordinal), bus.lanes);

function memberOf(bus: Bus, batch_id: string, ordinal: number, request: CommandRequest) {
  return commandOf(bus, request, { lane: laneOfPlace(bus, ordinal), place: { batch_id, ordinal } });
}

function checkBatchRequest(bus: Bus, request: CommandBatchRequest): void {
  const { count, template, commands, custom } = request;
  const problem = (path: string, message: string) => [{ path, code: 'invalid', message }];
  refuseAny([
    ...findNumberErrors('count', count, LIMITS.batch_count),
    ...(commands !== undefined && commands.length > LIMITS.batch_count.max
      ? problem('commands', `must be at most ${LIMITS.batch_count.max}`)
      : []),
    ...(count !== undefined && commands !== undefined ? problem('commands', 'give either count or commands') : []),
    ...((count === undefined) !== (template === undefined) ? problem('count', 'count and template go together') : []),
    ...findLabelErrors(request),
    ...(custom === undefined ? [] : findDocumentErrors('custom', custom)),
  ]);
  if (template !== undefined) {
    const own = ['command_id', 'batch_id'].filter((key) => key in template);
    refuseAny(own.flatMap((key) => problem(`template.${key}`, 'cannot be the same for every command')));
    checkRequests(bus, [template], () => 'template.');
  }
  if (commands !== undefined) {
    refuseAny(
      commands.flatMap((command, index) =>
        command?.batch_id === undefined ? [] : problem(`commands.${index}.batch_id`, 'follows from the batch'),
      ),
    );
    checkRequests(bus, commands, (index) => `commands.${index}.`);
    refuseRepeated(commands);
  }
}

function newBatch(bus: Bus, request: CommandBatchRequest): NewBatch {
  const { count, template, commands } = request;
  const { behavior, retry, lease_ms, ...input } = template ?? { domain: '' };
  const settings = bus.settings();
  return {
    batch_id: bus.env.newId(),
    kind: 'command',
    name: request.name ?? null,
    process_type: null,
    process_version: null,
    domain: input.domain,
    status: 'CREATING',
    total_count: count ?? commands?.length ?? 0,
    seed: request.seed ?? drawSeed(bus),
    input: { ...input },
    behavior: behavior ?? null,
    max_attempts: retry?.max_attempts ?? settings.retry.max_attempts,
    backoff_ms: retry?.backoff_ms ?? settings.retry.backoff_ms,
    jitter_pct: retry?.jitter_pct ?? settings.retry.jitter_pct,
    lease_ms: lease_ms ?? settings.lease_ms,
    closed: request.closed ?? (count !== undefined || commands !== undefined),
    custom: request.custom ?? null,
    reply_to: request.reply_to ?? null,
  };
}

interface ChunkPayload {
  batch_id: string;
  from: number;
  to: number;
}

/** Registers the handler of chunk commands. */
export function registerCommandLaunch(registry: HandlerRegistry, bus: () => Bus): void {
  registry.register<ChunkPayload>(INTERNAL_DOMAIN, 'CommandChunk', (payload, context) =>
    launchChunk(bus(), payload, context),
  );
}

async function launchChunk(bus: Bus, chunk: ChunkPayload, { signal, command }: HandlerContext) {
  const sent = await withTx(bus.pool, async (tx) => {
    const batch = await shareBatch(tx, chunk.batch_id);
    if (batch === null || batch.status !== 'CREATING') return null;
    const created = await sendChunk(bus, tx, batch, chunk, command.lane);
    signal.throwIfAborted();
    await bus.env.probe('in_chunk', chunk);
    return { created, domain: batch.domain };
  });
  if (sent !== null) bus.notifier.wake(sent.domain);
  await bus.env.probe('after_chunk', chunk);
  return { created_count: sent?.created ?? 0 };
}

/** Sends what of the chunk was not sent before. */
async function sendChunk(bus: Bus, tx: Tx, batch: NewBatch, { from, to }: ChunkPayload, lane: number): Promise<number> {
  const { max_attempts, backoff_ms, jitter_pct, lease_ms, behavior, batch_id } = batch;
  const template = {
    ...(batch.input as unknown as CommandTemplate),
    behavior,
    retry: { max_attempts, backoff_ms, jitter_pct },
    lease_ms,
  };
  const members = Array.from({ length: to - from }, (_, index) =>
    commandOf(bus, template, { lane, place: { batch_id, ordinal: from + index } }),
  );
  return (await sendIfAbsent(bus, tx, members)).size;
}
