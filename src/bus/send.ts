// Sending commands from a program: one or many, all or none, on request in the caller's own transaction.
// A duplicate id has its own error and leaves the caller's transaction as it was before the send.

import type pg from 'pg';
import { asTx, type Queryable, type Tx, withTx } from '../db/pool.ts';
import { joinBatchIfOpen, readBatch } from '../db/queries/batches.ts';
import { releaseSavepoint, rollbackToSavepoint, setSavepoint } from '../db/queries/savepoint.ts';
import { INTERNAL_TYPES } from '../db/session.ts';
import {
  ConfigurationError,
  DuplicateCommandError,
  InvalidInputError,
  NotFoundError,
  WrongStateError,
} from '../model/errors.ts';
import { LIMITS } from '../model/limits.ts';
import type { Bus } from './bus.ts';
import { sendOrThrow } from './insert.ts';
import { CHUNK_SIZE, laneOfOrdinal } from './lanes.ts';
import { type BatchPosition, type CommandRequest, canonicalId, checkRequests, commandOf } from './request.ts';

/** A `pg` client with an open transaction. */
export interface OpenTransaction {
  query(query: pg.QueryConfig): Promise<pg.QueryResult>;
}

export interface SendOptions {
  /** The caller's own transaction: the commands are sent if and when it commits. */
  tx?: OpenTransaction;
}

export interface SentCommands {
  /** In the order of the requests. */
  command_ids: string[];
  /**
   * With a transaction of the caller's own: call it after the commit, so that workers do not wait for their next poll.
   */
  committed(): void;
}

export interface SentCommand extends Pick<SentCommands, 'committed'> {
  command_id: string;
}

/**
 * Sends one command.
 * @throws InvalidInputError, DuplicateCommandError; ConfigurationError when `tx` is in no transaction
 */
export async function send(bus: Bus, request: CommandRequest, options: SendOptions = {}): Promise<SentCommand> {
  const { command_ids, committed } = await sendChecked(bus, [request], () => [], options);
  return { command_id: command_ids[0] as string, committed };
}

/** Sends all of them or none; error paths begin with the index: `commands.3.priority`. Throws as `send` does. */
export function sendMany(
  bus: Bus,
  requests: readonly CommandRequest[],
  options: SendOptions = {},
): Promise<SentCommands> {
  return sendChecked(bus, requests, (index) => ['commands', index], options);
}

async function sendChecked(
  bus: Bus,
  requests: readonly CommandRequest[],
  at: (index: number) => readonly PropertyKey[],
  { tx }: SendOptions,
): Promise<SentCommands> {
  checkRequests(bus, requests, at);
  rejectRepeated(requests);
  const domains = new Set(requests.map((request) => request.domain));
  const committed = () => bus.notifier.wake(domains);
  const insert = (own: Tx) => insertAll(bus, own, requests);
  if (tx !== undefined) return { command_ids: await inSavepoint(tx, insert), committed };
  const command_ids = await withTx(bus.pool, insert);
  committed();
  return { command_ids, committed };
}

/** @throws DuplicateCommandError when an id occurs twice */
export function rejectRepeated(requests: readonly CommandRequest[]): void {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { command_id } of requests) {
    const id = canonicalId(command_id);
    if (id === null) continue;
    if (seen.has(id)) repeated.add(id);
    seen.add(id);
  }
  if (repeated.size > 0) throw new DuplicateCommandError([...repeated]);
}

async function insertAll(bus: Bus, tx: Tx, requests: readonly CommandRequest[]): Promise<string[]> {
  const positions = await joinBatches(tx, requests);
  const first = Math.floor(bus.env.random() * bus.lanes);
  const commands = requests.map((request, index) => {
    const position = positions.get(index) ?? null;
    const lane = laneOfOrdinal(position?.ordinal ?? first * CHUNK_SIZE + index, bus.lanes);
    return commandOf(bus, request, { lane, position });
  });
  await sendOrThrow(bus, tx, commands);
  return commands.map(({ command_id }) => command_id);
}

/** Locks batches before commands, both in order, so that senders who share some never wait in a circle. */
async function joinBatches(tx: Tx, requests: readonly CommandRequest[]): Promise<Map<number, BatchPosition>> {
  const members = new Map<string, number[]>();
  for (const [index, request] of requests.entries()) {
    const batch_id = canonicalId(request.batch_id);
    if (batch_id === null) continue;
    const indexes = members.get(batch_id);
    if (indexes === undefined) members.set(batch_id, [index]);
    else indexes.push(index);
  }
  const positions = new Map<number, BatchPosition>();
  for (const [batch_id, indexes] of [...members].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const from = await joinBatch(tx, batch_id, indexes.length);
    for (const [n, index] of indexes.entries()) positions.set(index, { batch_id, ordinal: from + n });
  }
  return positions;
}

/** Adds to the count of an open batch; returns the ordinal of the first new member. */
async function joinBatch(tx: Tx, batch_id: string, count: number): Promise<number> {
  const { max } = LIMITS.batch_count;
  const from = await joinBatchIfOpen(tx, batch_id, count, max);
  if (from !== null) return from;
  const batch = await readBatch(tx, batch_id);
  if (batch === null || batch.kind !== 'command') throw new NotFoundError('command batch', batch_id);
  if (batch.closed || batch.status !== 'CREATING')
    throw new WrongStateError(`The batch is ${batch.closed ? 'closed' : batch.status}: it takes no more commands.`);
  const message = `the batch has ${batch.total_count} commands, and at most ${max} are allowed`;
  throw new InvalidInputError(`Too many commands: ${message}.`, [{ path: 'commands', code: 'too_big', message }]);
}

/** A failure inside is rolled back, and the caller's transaction can go on. */
export async function inSavepoint<T>(client: OpenTransaction, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = asTx(withOwnTypes(client));
  if (!(await setSavepoint(tx)))
    throw new ConfigurationError('The given client is not in a transaction: begin one first.');
  try {
    const result = await work(tx);
    await releaseSavepoint(tx);
    return result;
  } catch (error) {
    // If the connection is gone, the rollback fails too, and the first error says more.
    await rollbackToSavepoint(tx).catch(() => {});
    throw error;
  }
}

/** The caller's client: without named statements, and with our parsers for results. */
function withOwnTypes(client: OpenTransaction): Queryable {
  const query = (given: string | pg.QueryConfig, values?: unknown[]) => {
    const { name: _name, ...config } = typeof given === 'string' ? { text: given, values } : given;
    return client.query({ ...config, types: INTERNAL_TYPES });
  };
  return { query } as Queryable;
}
