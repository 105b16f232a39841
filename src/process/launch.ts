// Launching a batch: itself work on the bus. Chunk commands of 1,000 insert processes and their first commands.
// Durable, resumable, cancellable, and answered at once however large the batch is.

import { type Bus, INTERNAL_DOMAIN, sendCommands } from '../bus/bus.ts';
import type { HandlerContext, HandlerRegistry, OutgoingCommand } from '../bus/handlers.ts';
import { type Tx, withTx } from '../db/pool.ts';
import { insertBatch, type NewBatch, readBatch, shareBatch } from '../db/queries/batches.ts';
import { insertEvents } from '../db/queries/events.ts';
import { claimIdempotencyKey, type Idempotency } from '../db/queries/idempotency.ts';
import { insertProcessesIfAbsent } from '../db/queries/processes.ts';
import { PRIORITY } from '../model/command.ts';
import { reasonOf } from '../model/error-text.ts';
import { IdempotencyKeyReusedError, InvalidInputError } from '../model/errors.ts';
import { fieldErrors, inWords, PARSE } from '../model/field-errors.ts';
import type { CommandPolicy } from '../model/process.ts';
import { begin, startState } from './advance.ts';
import { type AnyProcessDefinition, deadlineOf, type ProcessRegistry } from './define.ts';
import { checkLaunchRequest } from './launch-check.ts';

const CHUNK_SIZE = 1_000;
/** A chunk takes well under a second; a minute covers a database that is away. */
const CHUNK_POLICY: CommandPolicy = { max_attempts: 100, backoff_ms: [200, 500, 1_000, 5_000], lease_ms: 60_000 };

export interface LaunchRequest {
  definition: AnyProcessDefinition;
  /** 1 to 100,000. */
  count: number;
  /** As the definition's input schema returned it. */
  input: unknown;
  /** Put into the state of every process as `behavior`; opaque here. */
  behavior?: Record<string, unknown> | null;
  name?: string;
  /** 1-64 of A-Z a-z 0-9 . _ -; drawn (16 hex digits) when absent. */
  seed?: string;
  policy?: Partial<CommandPolicy>;
  /** The queue that is told when the batch ended. */
  reply_to?: string;
  /** The ordinal of its first process (0), for doing some of another batch again with the same rolls. */
  first_ordinal?: number;
  /** Kept with the batch; opaque here, told to `behaviorOf`. */
  experiment?: Record<string, unknown> | null;
  idempotency?: Idempotency;
}

export interface Launched {
  batch_id: string;
  status: NewBatch['status'];
  total_count: number;
  seed: string;
}

/**
 * Writes the batch and its chunk commands in one transaction. The work follows.
 * With an idempotency key used before for the same request, answers that batch instead.
 * @throws IdempotencyKeyReusedError, InvalidInputError, UnknownProcessTypeError, ChaosNotInstalledError
 */
export async function launchBatch(bus: Bus, request: LaunchRequest): Promise<Launched> {
  const batch = newBatch(bus, request);
  // What no chunk could ever do must fail the request: code that throws on this input, and what cannot be stored.
  JSON.stringify(
    startsOf(
      bus,
      request.definition,
      batch,
      { batch_id: batch.batch_id, from: batch.first_ordinal ?? 0, to: (batch.first_ordinal ?? 0) + 1 },
      0,
    ),
  );
  const launched = await withTx(bus.pool, async (tx) => {
    if (request.idempotency !== undefined) {
      const earlier = await findEarlier(tx, request.idempotency, batch.batch_id);
      if (earlier !== null) return earlier;
    }
    await insertBatch(tx, batch);
    for (const commands of chunkCommands(bus, batch)) await sendCommands(bus, tx, commands);
    await insertEvents(tx, 0, [
      { type: 'BATCH_STARTED', batch_id: batch.batch_id, details: { total_count: batch.total_count } },
    ]);
    return batch;
  });
  bus.notifier.wake(INTERNAL_DOMAIN);
  return {
    batch_id: launched.batch_id,
    status: launched.status,
    total_count: launched.total_count,
    seed: launched.seed,
  };
}

export async function findEarlier(tx: Tx, idempotency: Idempotency, batch_id: string): Promise<NewBatch | null> {
  const used = await claimIdempotencyKey(tx, idempotency, batch_id);
  if (used === null) return null;
  if (used.request_hash !== idempotency.request_hash) throw new IdempotencyKeyReusedError();
  const earlier = await readBatch(tx, used.batch_id);
  // The same answer as the first time, whatever became of the batch since.
  return earlier === null ? null : { ...earlier, status: 'CREATING' };
}

function newBatch(bus: Bus, request: LaunchRequest): NewBatch {
  const { definition, input } = request;
  const policy = {
    ...bus.settings().retry,
    lease_ms: bus.settings().lease_ms,
    ...defined(definition.policy),
    ...defined(request.policy),
  };
  checkLaunchRequest(bus, request, policy);
  return {
    batch_id: bus.env.newId(),
    kind: 'process',
    name: request.name ?? null,
    process_type: definition.type,
    process_version: definition.version,
    domain: definition.domain,
    status: 'CREATING',
    total_count: request.count,
    seed: request.seed ?? drawSeed(bus),
    // As the chunks will read it.
    input: JSON.parse(JSON.stringify(input ?? null)),
    behavior: request.behavior ?? null,
    reply_to: request.reply_to ?? null,
    first_ordinal: request.first_ordinal ?? 0,
    experiment: request.experiment ? (bus.hooks.storedExperiment?.(request.experiment) ?? null) : null,
    ...policy,
  };
}

/** 16 hex digits. */
export function drawSeed(bus: Bus): string {
  const half = () =>
    Math.floor(bus.env.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return half() + half();
}

function defined<T extends object>(values: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Chunk n goes to lane n mod lanes; one group per lane. */
export function chunkCommands(bus: Bus, batch: NewBatch, type = 'LaunchChunk'): OutgoingCommand[][] {
  const lanes: OutgoingCommand[][] = Array.from({ length: bus.lanes }, () => []);
  for (let n = 0; n * CHUNK_SIZE < batch.total_count; n++) {
    const lane = n % bus.lanes;
    const first = batch.first_ordinal ?? 0;
    const from = first + n * CHUNK_SIZE;
    lanes[lane]?.push({
      command_id: bus.env.newId(lane, bus.lanes),
      lane,
      domain: INTERNAL_DOMAIN,
      type,
      purpose: 'chunk',
      priority: PRIORITY.chunk,
      payload: { batch_id: batch.batch_id, from, to: Math.min(from + CHUNK_SIZE, first + batch.total_count) },
      policy: CHUNK_POLICY,
      delay_ms: 0,
      process_id: null,
      batch_id: batch.batch_id,
      step: null,
      correlation_id: null,
      reply_to: null,
      state: null,
    });
  }
  return lanes.filter((commands) => commands.length > 0);
}

interface ChunkPayload {
  batch_id: string;
  from: number;
  to: number;
}

/** Registers the handler of chunk commands. */
export function registerLaunch(registry: HandlerRegistry, processes: ProcessRegistry, bus: () => Bus): void {
  registry.register<ChunkPayload>(INTERNAL_DOMAIN, 'LaunchChunk', (payload, context) =>
    launchChunk(bus(), processes, payload, context),
  );
}

async function launchChunk(bus: Bus, processes: ProcessRegistry, chunk: ChunkPayload, context: HandlerContext) {
  const { lane } = context.command;
  const { created_count, domains } = await withTx(bus.pool, async (tx) => {
    const batch = await shareBatch(tx, chunk.batch_id);
    if (batch === null || batch.status !== 'CREATING') return { created_count: 0, domains: new Set<string>() };
    const definition = processes.find(batch.process_type ?? '', batch.process_version ?? 0);
    // Another service may know the definition, so this is worth another attempt elsewhere: chunks are retried without limit.
    if (definition === undefined)
      throw new Error(`${batch.process_type} version ${batch.process_version} is not registered here.`);
    const starts = startsOfChunk(bus, definition, batch, chunk, lane);
    const inserted = await insertProcessesIfAbsent(
      tx,
      lane,
      starts.map((start) => start.process),
    );
    const fresh = starts.filter((start) => inserted.has(start.process.process_id));
    const domains = await sendCommands(
      bus,
      tx,
      fresh.map((start) => start.command),
    );
    context.signal.throwIfAborted();
    await bus.env.probe('in_chunk', chunk);
    return { created_count: fresh.length, domains };
  });
  bus.notifier.wake(domains);
  await bus.env.probe('after_chunk', chunk);
  return { created_count };
}

/**
 * Whatever the definition's code throws on one of them, the chunk is tried again: mended code goes on with the batch where it was.
 * Until then the batch shows which process it is, and can be cancelled.
 */
function startsOfChunk(...[bus, definition, batch, chunk, lane]: Parameters<typeof startsOf>) {
  try {
    return startsOf(bus, definition, batch, chunk, lane);
  } catch (error) {
    for (let ordinal = chunk.from; ordinal < chunk.to; ordinal++) {
      try {
        startsOf(bus, definition, batch, { ...chunk, from: ordinal, to: ordinal + 1 }, lane);
      } catch (thrown) {
        throw new Error(`Process ${ordinal} cannot be started: ${reasonOf(thrown)}`);
      }
    }
    throw error;
  }
}

function startsOf(bus: Bus, definition: AnyProcessDefinition, batch: NewBatch, chunk: ChunkPayload, lane: number) {
  const policy: CommandPolicy = {
    max_attempts: batch.max_attempts,
    backoff_ms: batch.backoff_ms,
    lease_ms: batch.lease_ms,
    jitter_pct: batch.jitter_pct,
  };
  const input = parseInput(definition, batch.input);
  return Array.from({ length: chunk.to - chunk.from }, (_, index) => {
    const ordinal = chunk.from + index;
    const process_id = bus.env.newId(lane, bus.lanes);
    const command_id = bus.env.newId(lane, bus.lanes);
    const behavior = bus.hooks.behaviorOf ? bus.hooks.behaviorOf(batch, ordinal) : batch.behavior;
    const launcher = behavior === null ? {} : { behavior };
    const state = startState(definition, input, { ordinal, batch_id: batch.batch_id }, launcher);
    const first = begin(definition, { process_id, batch_id: batch.batch_id, ordinal, state });
    return {
      process: {
        process_id,
        batch_id: batch.batch_id,
        ordinal,
        process_type: definition.type,
        version: definition.version,
        domain: definition.domain,
        first_step: first.step,
        first_command_id: command_id,
        state,
        deadline: deadlineOf(definition),
      },
      command: {
        command_id,
        lane,
        domain: definition.domain,
        type: first.command,
        purpose: 'step' as const,
        priority: PRIORITY.first_step,
        payload: first.payload,
        policy,
        delay_ms: 0,
        deadline: first.deadline,
        process_id,
        batch_id: batch.batch_id,
        step: first.step,
        correlation_id: process_id,
        reply_to: null,
        ordinal,
        state,
      },
    };
  });
}

/** The input went through JSON since it was validated; parsing again gives the definition the types its schema promises. */
export function parseInput(definition: AnyProcessDefinition, input: unknown): unknown {
  const parsed = definition.input.safeParse(input, PARSE);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error.issues, ['input']);
  throw new InvalidInputError(`The input is not valid for ${definition.type}: ${inWords(errors)}.`, errors);
}
