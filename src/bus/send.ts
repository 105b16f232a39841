// Sending commands of one's own: one or many, all or none, in a transaction of the caller's own if he has one open.
// A duplicate id is told by its own error, and leaves the caller's transaction as it was before the send.

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
import { type Bus, byLane, sendIfAbsent } from './bus.ts';
import type { OutgoingCommand } from './handlers.ts';
import { type CommandRequest, canonicalId, checkRequests, commandOf } from './request.ts';

const CHUNK_SIZE = 1_000;
const MAX_BATCH_COUNT = LIMITS.batch_count.max;

/** A `pg` client with a transaction open, whoever made it. */
export interface OpenTransaction {
  query(query: pg.QueryConfig): Promise<pg.QueryResult>;
}

export interface SendOptions {
  /** The caller's own: the commands are sent when it commits, and not otherwise. */
  tx?: OpenTransaction;
}

export interface SentCommands {
  /** In the order of the requests. */
  command_ids: string[];
  /** With a transaction of the caller's own: to be called after its commit, so that workers look at once and not at their next poll. */
  committed(): void;
}

export interface SentCommand extends Pick<SentCommands, 'committed'> {
  command_id: string;
}

/** Sends one command. @throws InvalidInputError, DuplicateCommandError; ConfigurationError when `tx` is in no transaction */
export async function send(bus: Bus, request: CommandRequest, options: SendOptions = {}): Promise<SentCommand> {
  const { command_ids, committed } = await sendChecked(bus, [request], () => '', options);
  return { command_id: command_ids[0] as string, committed };
}

/** Sends all of them or none; a mistake is named by its place: `commands.3.priority`. Throws as `send` does. */
export function sendMany(
  bus: Bus,
  requests: readonly CommandRequest[],
  options: SendOptions = {},
): Promise<SentCommands> {
  return sendChecked(bus, requests, (index) => `commands.${index}.`, options);
}

async function sendChecked(
  bus: Bus,
  requests: readonly CommandRequest[],
  at: (index: number) => string,
  { tx }: SendOptions,
): Promise<SentCommands> {
  checkRequests(bus, requests, at);
  refuseRepeated(requests);
  const domains = new Set(requests.map((request) => request.domain));
  const committed = () => {
    bus.notifier.wake(domains);
  };
  if (tx !== undefined) {
    return { command_ids: await inSavepoint(tx, (own) => insertAll(bus, own, requests)), committed };
  }
  const command_ids = await withTx(bus.pool, (own) => insertAll(bus, own, requests));
  committed();
  return { command_ids, committed };
}

/** The same id twice in one call. */
export function refuseRepeated(requests: readonly CommandRequest[]): void {
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
  const places = await joinBatches(tx, requests);
  const first = Math.floor(bus.env.random() * bus.lanes);
  const commands = requests.map((request, index) => {
    const place = places.get(index) ?? null;
    return commandOf(bus, request, { lane: laneOfPlace(bus, place?.ordinal ?? first * CHUNK_SIZE + index), place });
  });
  await insertOrRefuse(bus, tx, commands);
  return commands.map(({ command_id }) => command_id);
}

/** A thousand neighbours share a lane, so that they go in together. */
export function laneOfPlace(bus: Bus, ordinal: number): number {
  return Math.floor(ordinal / CHUNK_SIZE) % bus.lanes;
}

/** Batches first, then commands, lanes and ids in order: senders who share some of them do not wait in a circle. */
async function joinBatches(tx: Tx, requests: readonly CommandRequest[]) {
  const members = new Map<string, number[]>();
  for (const [index, request] of requests.entries()) {
    const batch_id = canonicalId(request.batch_id);
    if (batch_id === null) continue;
    const of = members.get(batch_id);
    if (of === undefined) members.set(batch_id, [index]);
    else of.push(index);
  }
  const places = new Map<number, { batch_id: string; ordinal: number }>();
  for (const batch_id of [...members.keys()].sort()) {
    const indexes = members.get(batch_id) as number[];
    const from = await joinBatch(tx, batch_id, indexes.length);
    for (const [n, index] of indexes.entries()) places.set(index, { batch_id, ordinal: from + n });
  }
  return places;
}

/** Makes room for so many more in a batch; returns the ordinal of the first. */
async function joinBatch(tx: Tx, batch_id: string, count: number): Promise<number> {
  const from = await joinBatchIfOpen(tx, batch_id, count, MAX_BATCH_COUNT);
  if (from !== null) return from;
  const batch = await readBatch(tx, batch_id);
  if (batch === null || batch.kind !== 'command') throw new NotFoundError('command batch', batch_id);
  if (batch.closed || batch.status !== 'CREATING') {
    throw new WrongStateError(`The batch is ${batch.closed ? 'closed' : batch.status}: it takes no more commands.`);
  }
  const message = `the batch has ${batch.total_count} commands, and ${MAX_BATCH_COUNT} are the most`;
  throw new InvalidInputError(`Too many commands: ${message}.`, [{ path: 'commands', code: 'too_big', message }]);
}

/** @throws DuplicateCommandError naming every id that was there */
export async function insertOrRefuse(bus: Bus, tx: Tx, commands: readonly OutgoingCommand[]): Promise<void> {
  const lanes = [...byLane(commands, (command) => command.lane)].sort(([a], [b]) => a - b);
  const duplicates: string[] = [];
  for (const [, group] of lanes) {
    // So that two senders who share ids wait for each other in one direction only.
    const ordered = group.toSorted((a, b) => (a.command_id < b.command_id ? -1 : 1));
    for (let from = 0; from < ordered.length; from += CHUNK_SIZE) {
      const chunk = ordered.slice(from, from + CHUNK_SIZE);
      const sent = await sendIfAbsent(bus, tx, chunk);
      if (sent.size === chunk.length) continue;
      duplicates.push(...chunk.map(({ command_id }) => command_id).filter((id) => !sent.has(id)));
    }
  }
  if (duplicates.length > 0) throw new DuplicateCommandError(duplicates);
}

/** What fails in it is undone, and the caller's transaction can go on. */
export async function inSavepoint<T>(client: OpenTransaction, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = asTx(plainQueries(client));
  if (!(await setSavepoint(tx)))
    throw new ConfigurationError('The given client is not in a transaction: begin one first.');
  try {
    const result = await work(tx);
    await releaseSavepoint(tx);
    return result;
  } catch (error) {
    // Where the connection is gone there is nothing to go back to, and the first error says more.
    await rollbackToSavepoint(tx).catch(() => {});
    throw error;
  }
}

/** A client of another's making: its statements keep their names to themselves, and results are read with our parsers. */
function plainQueries(client: OpenTransaction): Queryable {
  const query = (given: string | pg.QueryConfig, values?: unknown[]) => {
    const { name: _name, ...config } = typeof given === 'string' ? { text: given, values } : given;
    return client.query({ ...config, types: INTERNAL_TYPES });
  };
  return { query } as Queryable;
}
