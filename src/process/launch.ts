// Launching a batch of processes: writes the batch and its chunks, which insert the processes and their first commands.

import { type Bus, INTERNAL_DOMAIN } from '../bus/bus.ts';
import type { HandlerRegistry } from '../bus/handlers.ts';
import { sendCommands } from '../bus/insert.ts';
import { type Tx, withTx } from '../db/pool.ts';
import type { NewBatch } from '../db/queries/batches.ts';
import { insertProcessesIfAbsent } from '../db/queries/processes.ts';
import { PRIORITY } from '../model/command.ts';
import { reasonOf } from '../model/error-text.ts';
import { InvalidInputError } from '../model/errors.ts';
import { fieldErrors, listErrors, PARSE } from '../model/field-errors.ts';
import type { CommandPolicy } from '../model/process.ts';
import { begin, startState } from './advance.ts';
import {
  type ChunkPayload,
  type Created,
  drawSeed,
  findEarlierBatch,
  runChunk,
  sendChunks,
  startBatch,
} from './chunks.ts';
import { type AnyProcessDefinition, deadlineOf, type ProcessRegistry } from './define.ts';
import { checkLaunchRequest, type LaunchRequest } from './launch-check.ts';

export interface Launched {
  batch_id: string;
  status: NewBatch['status'];
  total_count: number;
  seed: string;
}

/**
 * Writes the batch and its chunk commands in one transaction. The work follows.
 * With an idempotency key used before for the same request, returns that batch instead.
 * @throws IdempotencyKeyReusedError, InvalidInputError, UnknownProcessTypeError, ChaosNotInstalledError
 */
export async function launchBatch(bus: Bus, request: LaunchRequest): Promise<Launched> {
  const batch = newBatch(bus, request);
  // A launch that no chunk could carry out must fail now: code that throws on this input, and values that cannot be
  // stored.
  const from = batch.first_ordinal ?? 0;
  JSON.stringify(startsOf(bus, request.definition, batch, { batch_id: batch.batch_id, from, to: from + 1 }, 0));
  const launched = await withTx(bus.pool, async (tx) => {
    const earlier = await findEarlierBatch(tx, request.idempotency, batch.batch_id);
    if (earlier !== null) return earlier;
    await startBatch(tx, batch);
    await sendChunks(bus, tx, batch, 'LaunchChunk');
    return batch;
  });
  bus.notifier.wake(INTERNAL_DOMAIN);
  const { batch_id, total_count, seed } = launched;
  return { batch_id, status: batch.status, total_count, seed };
}

function newBatch(bus: Bus, request: LaunchRequest): NewBatch {
  const { definition, input } = request;
  const { retry, lease_ms } = bus.settings();
  const policy = { ...retry, lease_ms, ...defined(definition.policy), ...defined(request.policy) };
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

function defined<T extends object>(values: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Registers the handler of chunk commands. */
export function registerLaunch(registry: HandlerRegistry, processes: ProcessRegistry, bus: Bus): void {
  registry.register<ChunkPayload>(INTERNAL_DOMAIN, 'LaunchChunk', (chunk, context) =>
    runChunk(bus, chunk, context, (tx, batch) =>
      createProcesses(bus, tx, processes, batch, chunk, context.command.lane),
    ),
  );
}

async function createProcesses(
  bus: Bus,
  tx: Tx,
  processes: ProcessRegistry,
  batch: NewBatch,
  chunk: ChunkPayload,
  lane: number,
): Promise<Created> {
  const definition = processes.find(batch.process_type ?? '', batch.process_version ?? 0);
  // Chunks are retried without limit, so a service that knows the definition can take it.
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
  return { count: fresh.length, domains };
}

/** When the definition's code throws, the error names the process; the chunk is retried until fixed code succeeds. */
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
  const { batch_id, max_attempts, backoff_ms, lease_ms, jitter_pct } = batch;
  const policy: CommandPolicy = { max_attempts, backoff_ms, lease_ms, jitter_pct };
  const input = parseInput(definition, batch.input);
  return Array.from({ length: chunk.to - chunk.from }, (_, index) => {
    const ordinal = chunk.from + index;
    const process_id = bus.env.newId(lane, bus.lanes);
    const command_id = bus.env.newId(lane, bus.lanes);
    const behavior = bus.hooks.behaviorOf ? bus.hooks.behaviorOf(batch, ordinal) : batch.behavior;
    const launcher = behavior === null ? {} : { behavior };
    const state = startState(definition, input, { ordinal, batch_id }, launcher);
    const first = begin(definition, { process_id, batch_id, ordinal, state });
    return {
      process: {
        process_id,
        batch_id,
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
        batch_id,
        step: first.step,
        correlation_id: process_id,
        reply_to: null,
        ordinal,
        state,
      },
    };
  });
}

/** Parses the stored input again, because JSON loses the types that its schema produces. */
export function parseInput(definition: AnyProcessDefinition, input: unknown): unknown {
  const parsed = definition.input.safeParse(input, PARSE);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error.issues, ['input']);
  throw new InvalidInputError(`The input is not valid for ${definition.type}: ${listErrors(errors)}.`, errors);
}
