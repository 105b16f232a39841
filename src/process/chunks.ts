// Chunks: internal commands that each create up to 1,000 members of a batch, so that every launch returns at once.
// They are durable, resumable and cancellable; a chunk that runs again creates nothing twice.

import type { Bus } from '../bus/bus.ts';
import type { HandlerContext } from '../bus/handlers.ts';
import { sendCommands } from '../bus/insert.ts';
import { internalCommand } from '../bus/internal.ts';
import { CHUNK_SIZE } from '../bus/lanes.ts';
import { type Tx, withTx } from '../db/pool.ts';
import { insertBatch, type NewBatch, readBatch, shareBatch } from '../db/queries/batches.ts';
import { insertEvents } from '../db/queries/events.ts';
import { claimIdempotencyKey, type Idempotency } from '../db/queries/idempotency.ts';
import { IdempotencyKeyReusedError } from '../model/errors.ts';

export type ChunkType = 'LaunchChunk' | 'CommandChunk';

export interface ChunkPayload {
  batch_id: string;
  from: number;
  to: number;
}

/** Inserts a batch and its event. */
export async function startBatch(tx: Tx, batch: NewBatch): Promise<void> {
  await insertBatch(tx, batch);
  const { batch_id, total_count } = batch;
  await insertEvents(tx, 0, [{ type: 'BATCH_STARTED', batch_id, details: { total_count } }]);
}

/** Sends the chunks of a batch, chunk n in lane n mod lanes. */
export async function sendChunks(bus: Bus, tx: Tx, batch: NewBatch, type: ChunkType): Promise<void> {
  const { batch_id, total_count, first_ordinal = 0 } = batch;
  const end = first_ordinal + total_count;
  for (let lane = 0; lane < bus.lanes; lane++) {
    const chunks = [];
    for (let from = first_ordinal + lane * CHUNK_SIZE; from < end; from += bus.lanes * CHUNK_SIZE) {
      const payload: ChunkPayload = { batch_id, from, to: Math.min(from + CHUNK_SIZE, end) };
      chunks.push(internalCommand(bus, type, payload, { purpose: 'chunk', lane, batch_id }));
    }
    await sendCommands(bus, tx, chunks);
  }
}

export interface Created {
  count: number;
  /** Domains to wake. */
  domains: Iterable<string>;
}

/** Runs one chunk, unless its batch was cancelled or is gone. */
export async function runChunk(
  bus: Bus,
  chunk: ChunkPayload,
  { signal }: HandlerContext,
  create: (tx: Tx, batch: NewBatch) => Promise<Created>,
): Promise<{ created_count: number }> {
  const { count, domains } = await withTx(bus.pool, async (tx) => {
    const batch = await shareBatch(tx, chunk.batch_id);
    if (batch === null || batch.status !== 'CREATING') return { count: 0, domains: [] };
    const created = await create(tx, batch);
    signal.throwIfAborted();
    await bus.env.probe('in_chunk', chunk);
    return created;
  });
  bus.notifier.wake(domains);
  await bus.env.probe('after_chunk', chunk);
  return { created_count: count };
}

/** The id used with this key before; null for a new key. @throws IdempotencyKeyReusedError */
export async function findEarlierId(tx: Tx, idempotency: Idempotency, id: string): Promise<string | null> {
  const used = await claimIdempotencyKey(tx, idempotency, id);
  if (used === null) return null;
  if (used.request_hash !== idempotency.request_hash) throw new IdempotencyKeyReusedError();
  return used.batch_id;
}

/** The batch launched with this key before; null for a new key. */
export async function findEarlierBatch(
  tx: Tx,
  idempotency: Idempotency | undefined,
  batch_id: string,
): Promise<NewBatch | null> {
  const id = idempotency === undefined ? null : await findEarlierId(tx, idempotency, batch_id);
  return id === null ? null : readBatch(tx, id);
}

/** 16 hex digits. */
export function drawSeed(bus: Bus): string {
  const half = () => Math.floor(bus.env.random() * 2 ** 32).toString(16);
  return half().padStart(8, '0') + half().padStart(8, '0');
}
