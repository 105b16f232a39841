// The whole system for tests: the built `faultline start` in a folder of its own, asked over HTTP, looked into by SQL and on disk.
// Promises that nothing of it runs or lies about after the test file, and that it ended in order unless the test killed it.

import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { connectionUrl, readConnection } from '../../src/embedded/cluster.ts';
import type { BatchDetail, LaunchAnswer } from '../../src/http/contract.ts';
import { builtPage } from '../support/built.ts';
import { type CommandLine, killFaultlines, startFaultline } from '../support/command-line.ts';
import { findTestPort } from '../support/ports.ts';
import { processesOf } from '../support/processes.ts';
import { type UntilOptions, until } from '../support/until.ts';

const ENDED = ['COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED'];

/** A period of the ledger with some twenty transactions per account. */
export const QUARTER = { from_date: '2026-01-01', to_date: '2026-03-31' };

export interface System {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  data_dir: string;
  /** Starts it on its folder and port, as the first time; returns when it is ready. */
  start(): Promise<CommandLine>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Kills what the command line started, which keeps the rest running; returns when that process is gone. */
  killSupervisor(): Promise<void>;
  /** Ends it, whatever state it is in, and removes its folder. */
  dispose(): Promise<void>;
  /** Pids by name, as they are now. */
  children(): Record<string, number>;
  /** Sends a request to the API; `path` begins after its prefix. */
  send(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** The answer of a GET that must succeed. */
  read<T>(path: string): Promise<T>;
  /** Every item of a list, page by page. */
  list<T>(path: string): Promise<T[]>;
  /** Launches statements that must be accepted. */
  launch(launch: object): Promise<LaunchAnswer>;
  batch(batch_id: string): Promise<BatchDetail>;
  /** Waits until a batch has ended or rests, and answers it. */
  untilStill(batch_id: string, options?: UntilOptions): Promise<BatchDetail>;
  /** Asks the database behind the API's back. */
  sql<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  /** What lies on disk of a batch: file names by process, half-written ones included. */
  documents(batch_id: string): Promise<Map<string, string[]>>;
}

export interface SystemOptions {
  workers?: number;
  /** True where a browser is to look at it: then the page is built, too. */
  page?: boolean;
}

/** Starts a system with an empty data folder. The caller disposes of it. */
export async function startSystem({ workers = 2, page = false }: SystemOptions = {}): Promise<System> {
  if (page) await builtPage();
  const system = await prepareSystem(['--workers', String(workers)]);
  await system.start().catch(async (error: unknown) => {
    await system.dispose();
    throw error;
  });
  return system;
}

async function prepareSystem(args: string[]): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-system-'));
  const data_dir = join(folder, 'data');
  const port = await findTestPort();
  const url = `http://127.0.0.1:${port}`;
  let line: CommandLine | undefined;
  let pool: pg.Pool | undefined;

  const send = (path: string, init?: RequestInit) =>
    fetch(`${url}/api/v1${path}`, { signal: AbortSignal.timeout(30_000), ...init });
  const post = (path: string, body: unknown, headers = {}) =>
    send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const read = async <T>(path: string) => {
    const answer = await send(path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const batch = (batch_id: string) => read<BatchDetail>(`/process-batches/${batch_id}`);
  const stop = async () => {
    line?.child.kill('SIGTERM');
    expect((await line?.ended)?.code).toBe(0);
  };

  return {
    url,
    data_dir,
    send,
    post,
    read,
    batch,
    stop,
    async start() {
      line = await startFaultline(['--port', String(port), '--data-dir', data_dir, ...args]);
      return line;
    },
    async killSupervisor() {
      line?.child.kill('SIGKILL');
      await new Promise((gone) => line?.child.once('exit', gone));
    },
    async dispose() {
      await pool?.end();
      try {
        if (line?.child.exitCode === null && line.child.signalCode === null) await stop();
      } finally {
        killFaultlines();
        await until('nothing of it is left running', () => processesOf(data_dir).length === 0);
        await rm(folder, { recursive: true, force: true });
      }
    },
    children: () => JSON.parse(readFileSync(join(data_dir, 'run.json'), 'utf8')).children,
    async list<T>(path: string) {
      const items: T[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const separator = path.includes('?') ? '&' : '?';
        const from = cursor && `&cursor=${encodeURIComponent(cursor)}`;
        const page: { items: T[]; next_cursor: string | null } = await read(`${path}${separator}limit=100${from}`);
        items.push(...page.items);
        cursor = page.next_cursor;
      }
      return items;
    },
    async launch(launch) {
      const answer = await post('/process-batches', { ...QUARTER, output_type: 'csv', ...launch });
      expect([answer.status, answer.status === 202 ? '' : await answer.clone().text()]).toEqual([202, '']);
      return (await answer.json()) as LaunchAnswer;
    },
    untilStill: (batch_id, options) =>
      until(
        'the batch has ended or rests',
        async () => {
          const seen = await batch(batch_id);
          return [...ENDED, 'AT_REST'].includes(seen.status) && seen;
        },
        { every_ms: 100, ...options },
      ),
    async sql<Row>(text: string, values: unknown[] = []) {
      pool ??= await openPool(data_dir);
      const { rows } = await pool.query(text, values);
      return rows as Row[];
    },
    documents: (batch_id) => listDocuments(join(data_dir, 'artifacts', batch_id)),
  };
}

async function openPool(data_dir: string): Promise<pg.Pool> {
  const { port, password } = await readConnection(join(data_dir, 'postgres', 'cluster'));
  if (port === undefined) throw new Error('The server of this folder has no port yet.');
  const pool = new pg.Pool({ connectionString: connectionUrl({ port, password }), max: 2 });
  // A killed server takes idle connections along; the next query opens a new one.
  pool.on('error', () => {});
  return pool;
}

/** `<batch>/<thousand>/<process>/<file>`. */
async function listDocuments(folder: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const thousand of await readdir(folder).catch(() => [])) {
    const processes = await readdir(join(folder, thousand));
    const lists = await Promise.all(processes.map((id) => readdir(join(folder, thousand, id))));
    for (const [index, id] of processes.entries()) found.set(id, (lists[index] as string[]).sort());
  }
  return found;
}

/** Runs `work` on every item, some at a time; answers the results in the order of the items. */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as Item);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return results;
}
