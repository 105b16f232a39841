// Launching a command batch: like a batch of processes, durable and in chunks.
// A member's id follows from its batch and its ordinal, so a chunk that runs again sends nothing twice.

import { z } from 'zod';
import { type Bus, INTERNAL_DOMAIN } from '../bus/bus.ts';
import type { HandlerRegistry } from '../bus/handlers.ts';
import { sendIfAbsent, sendOrThrow } from '../bus/insert.ts';
import { laneOfOrdinal } from '../bus/lanes.ts';
import {
  type CommandRequest,
  canonicalId,
  checkRequests,
  commandOf,
  findDocumentErrors,
  policyOf,
  rejectIfAny,
} from '../bus/request.ts';
import { rejectRepeated, send, sendMany } from '../bus/send.ts';
import { type Tx, withTx } from '../db/pool.ts';
import { closeBatchIfOpen, type NewBatch, readBatch } from '../db/queries/batches.ts';
import type { Idempotency } from '../db/queries/idempotency.ts';
import { NotFoundError, WrongStateError } from '../model/errors.ts';
import { deterministicId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { batchLabelShape, findErrors, whole } from '../model/schemas.ts';
import {
  type ChunkPayload,
  type Created,
  drawSeed,
  findEarlierBatch,
  findEarlierId,
  runChunk,
  sendChunks,
  startBatch,
} from './chunks.ts';
import type { Launched } from './launch.ts';

/** The fields that are the same for every command of a batch. */
export type CommandTemplate = Omit<CommandRequest, 'command_id' | 'batch_id'>;

export interface CommandBatchRequest {
  name?: string;
  /** A document of the sender's own. */
  custom?: Record<string, unknown>;
  /** The queue for the reply to the end of the batch. */
  reply_to?: string;
  /** False: it takes more commands and does not end before it is closed. True, unless it begins empty. */
  closed?: boolean;
  /** 1-64 of A-Z a-z 0-9 . _ -; drawn when absent. */
  seed?: string;
  /** 1 to 100,000 commands like the template. */
  count?: number;
  template?: CommandTemplate;
  /** Instead of a count and a template. */
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
  const { commands = [], count } = request;
  const batch = newBatch(bus, request);
  const launched = await withTx(bus.pool, async (tx) => {
    const earlier = await findEarlierBatch(tx, request.idempotency, batch.batch_id);
    // Its original count, whatever was added since.
    if (earlier !== null) return { ...earlier, total_count: batch.total_count };
    await startBatch(tx, batch);
    if (count !== undefined) await sendChunks(bus, tx, batch, 'CommandChunk');
    const { batch_id } = batch;
    const members = commands.map((command, ordinal) =>
      commandOf(bus, command, { lane: laneOfOrdinal(ordinal, bus.lanes), position: { batch_id, ordinal } }),
    );
    await sendOrThrow(bus, tx, members);
    return batch;
  });
  bus.notifier.wake([INTERNAL_DOMAIN, ...new Set(commands.map((command) => command.domain))]);
  const { batch_id, total_count, seed } = launched;
  const idIn = ({ command_id }: CommandRequest, ordinal: number) =>
    canonicalId(command_id) ?? deterministicId(batch_id, ordinal, laneOfOrdinal(ordinal, bus.lanes), bus.lanes);
  return { batch_id, status: batch.status, total_count, seed, command_ids: commands.map(idIn) };
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

/** The batch takes no more commands, and ends when its commands have ended. @throws NotFoundError, WrongStateError */
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

/**
 * Sends one command. With an idempotency key used before for the same request, returns the id of the command sent then.
 */
export async function sendOnce(bus: Bus, request: CommandRequest, idempotency?: Idempotency): Promise<string> {
  if (idempotency === undefined) return (await send(bus, request)).command_id;
  const command_id = canonicalId(request.command_id) ?? bus.env.newId();
  const sent = await withTx(bus.pool, async (tx) => {
    const earlier = await findEarlierId(tx, idempotency, command_id);
    if (earlier === null) return send(bus, { ...request, command_id }, { tx });
    return { command_id: earlier, committed: () => {} };
  });
  sent.committed();
  return sent.command_id;
}

const batchSchema = z.object({ count: whole(LIMITS.batch_count).optional(), ...batchLabelShape });

function checkBatchRequest(bus: Bus, request: CommandBatchRequest): void {
  const { count, template, commands, custom } = request;
  const { max } = LIMITS.batch_count;
  const problem = (path: string, message: string) => [{ path, code: 'invalid', message }];
  rejectIfAny([
    ...findErrors(batchSchema, request),
    ...(commands !== undefined && commands.length > max ? problem('commands', `must be at most ${max}`) : []),
    ...(count !== undefined && commands !== undefined ? problem('commands', 'give either count or commands') : []),
    ...((count === undefined) !== (template === undefined) ? problem('count', 'count and template go together') : []),
    ...(custom === undefined ? [] : findDocumentErrors(custom, 'custom')),
  ]);
  if (template !== undefined) {
    const own = ['command_id', 'batch_id'].filter((key) => key in template);
    rejectIfAny(own.flatMap((key) => problem(`template.${key}`, 'cannot be the same for every command')));
    checkRequests(bus, [template], () => ['template']);
  }
  if (commands !== undefined) {
    rejectIfAny(
      commands.flatMap((command, index) =>
        command?.batch_id === undefined ? [] : problem(`commands.${index}.batch_id`, 'follows from the batch'),
      ),
    );
    checkRequests(bus, commands, (index) => ['commands', index]);
    rejectRepeated(commands);
  }
}

function newBatch(bus: Bus, request: CommandBatchRequest): NewBatch {
  const { count, template, commands } = request;
  const { behavior, retry, lease_ms, ...input } = template ?? { domain: '' };
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
    ...policyOf(bus, { retry, lease_ms }),
    closed: request.closed ?? (count !== undefined || commands !== undefined),
    custom: request.custom ?? null,
    reply_to: request.reply_to ?? null,
  };
}

/** Registers the handler of chunk commands. */
export function registerCommandLaunch(registry: HandlerRegistry, bus: Bus): void {
  registry.register<ChunkPayload>(INTERNAL_DOMAIN, 'CommandChunk', (chunk, context) =>
    runChunk(bus, chunk, context, (tx, batch) => sendChunk(bus, tx, batch, chunk, context.command.lane)),
  );
}

/** Sends the commands of the chunk that were not sent before. */
async function sendChunk(
  bus: Bus,
  tx: Tx,
  batch: NewBatch,
  { from, to }: ChunkPayload,
  lane: number,
): Promise<Created> {
  const { max_attempts, backoff_ms, jitter_pct, lease_ms, behavior, batch_id } = batch;
  const template = {
    ...(batch.input as unknown as CommandTemplate),
    behavior,
    retry: { max_attempts, backoff_ms, jitter_pct },
    lease_ms,
  };
  const members = Array.from({ length: to - from }, (_, index) =>
    commandOf(bus, template, { lane, position: { batch_id, ordinal: from + index } }),
  );
  const sent = await sendIfAbsent(bus, tx, members);
  return { count: sent.size, domains: [batch.domain] };
}
