// Reply queues: consuming replies exactly once, and deleting unwanted ones.
// Consuming is part of a transaction: replies are gone when it commits and stay when it rolls back.

import { type Tx, withTx } from '../db/pool.ts';
import { deleteReplyUnlessAwaited, findReply, type ReplyRecord, takeReplies } from '../db/queries/replies.ts';
import { orNotFound, WrongStateError } from '../model/errors.ts';
import { laneOf } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { findErrors, queueSchema, whole } from '../model/schemas.ts';
import type { Bus } from './bus.ts';
import { rejectIfAny } from './request.ts';
import { inSavepoint, type OpenTransaction } from './send.ts';

const CLEAR_SLICE = 1_000;

export type ConsumedReply = Omit<ReplyRecord, 'lane'>;

export interface ConsumeOptions {
  /** 1-1,000 (100). */
  limit?: number;
  /** The caller's own transaction: replies are consumed when it commits. */
  tx?: OpenTransaction;
}

/**
 * Takes up to `limit` replies out of a queue, oldest first, skipping those that another consumer has locked.
 * @throws InvalidInputError; ConfigurationError when `tx` is in no transaction
 */
export async function consumeReplies(
  bus: Bus,
  queue: string,
  { limit = 100, tx }: ConsumeOptions = {},
): Promise<ConsumedReply[]> {
  rejectIfAny([...findErrors(queueSchema, queue, 'queue'), ...findErrors(whole(LIMITS.reply_count), limit, 'limit')]);
  const take = (own: Tx) => takeOverLanes(bus, own, queue, limit);
  const taken = tx === undefined ? await withTx(bus.pool, take) : await inSavepoint(tx, take);
  return taken.sort((a, b) => (a.reply_id < b.reply_id ? -1 : 1)).map(({ lane: _lane, ...reply }) => reply);
}

async function takeOverLanes(bus: Bus, tx: Tx, queue: string, limit: number): Promise<ReplyRecord[]> {
  const taken: ReplyRecord[] = [];
  for (let lane = 0; lane < bus.lanes && taken.length < limit; lane++) {
    taken.push(...(await takeReplies(tx, lane, queue, limit - taken.length)));
  }
  return taken;
}

/** Deletes one reply, unless a process waits for it. @throws NotFoundError, WrongStateError */
export async function discardReply(bus: Bus, reply_id: string): Promise<{ reply_id: string }> {
  const lane = laneOf(reply_id, bus.lanes);
  if (await withTx(bus.pool, (tx) => deleteReplyUnlessAwaited(tx, lane, reply_id))) return { reply_id };
  const { process_id } = orNotFound(await findReply(bus.pool, reply_id), 'reply', reply_id);
  throw new WrongStateError(`Process ${process_id} waits for this reply: route it.`);
}

/** Deletes the requested replies of a queue, slice by slice; kept replies of processes stay. */
export async function clearReplies(bus: Bus, queue: string): Promise<{ queue: string; deleted_count: number }> {
  let deleted_count = 0;
  for (;;) {
    const slice = await withTx(bus.pool, (tx) => takeOverLanes(bus, tx, queue, CLEAR_SLICE));
    deleted_count += slice.length;
    if (slice.length < CLEAR_SLICE) return { queue, deleted_count };
  }
}
