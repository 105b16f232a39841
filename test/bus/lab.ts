// A lab for the bus: a real service on a database of its own, handlers of the test's, and code held at named points.
// One lab a test; when the test ends its workers are stopped, its connections closed and its database dropped.

import { expect, onTestFinished } from 'vitest';
import type { Bus } from '../../src/bus/bus.ts';
import type { BusHooks, Handler, OutgoingCommand } from '../../src/bus/handlers.ts';
import { sendCommands } from '../../src/bus/insert.ts';
import type { SettleItem } from '../../src/bus/settle.ts';
import { createWorker, type Worker, type WorkerOptions } from '../../src/bus/worker.ts';
import { type Pool, withTx } from '../../src/db/pool.ts';
import { claimReadyCommands } from '../../src/db/queries/claims.ts';
import type { ClaimedCommand, Outcome } from '../../src/model/command.ts';
import { createEnv, type Env, type ProbePoint, silentLogger } from '../../src/model/env.ts';
import { laneOf, newId } from '../../src/model/ids.ts';
import { openService, type Service } from '../../src/process/service.ts';
import { createTestDatabase } from '../support/database.ts';
import { type Network, openNetwork } from '../support/network.ts';
import { type Signal, signal } from '../support/until.ts';

const DOMAIN = 'lab';
const WORKER_ID = newId();

export interface LabOptions {
  /** Of the command type `Work`. */
  handler?: Handler<unknown>;
  /** Of other command types. */
  handlers?: Record<string, Handler<unknown>>;
  hooks?: BusHooks;
  env?: Partial<Env>;
  /** Lanes the database was made with (1). */
  lanes?: number;
  listen?: boolean;
  /** How long a transaction may stand still (60,000). */
  idle_ms?: number;
  /** Another way to the database. */
  via?(url: string): Promise<string>;
}

/** Code held where it passes a probe point. */
export interface Hold {
  /** What the point said of itself when it was first reached. */
  reached: Promise<object | undefined>;
  /** Lets it go on, and every later one pass. */
  release(): void;
}

type Row = Record<string, unknown>;

export interface Lab {
  /** A way to the database that no test cuts. */
  url: string;
  pool: Pool;
  service: Service;
  bus: Bus;
  /** Starts a worker without a finisher; it is stopped when the test ends. */
  work(options?: Partial<WorkerOptions>): Promise<Worker>;
  /** Another service on the same database, as another process would have; closed when the test ends. */
  openAnother(options?: Pick<LabOptions, 'handler' | 'env' | 'listen'>): Promise<Service>;
  /** Sends, and hints as a sender does; returns the ids. */
  send(...commands: OutgoingCommand[]): Promise<string[]>;
  /** Claims as a worker would. */
  claim(limit?: number, options?: { lane?: number; worker_id?: string }): Promise<ClaimedCommand[]>;
  /** Holds the next `times` (1) passes of a point until they are released. */
  hold(point: ProbePoint, times?: number): Hold;
  /** Does something each time a point is passed. Returns what ends it. */
  on(point: ProbePoint, does: (context: object | undefined) => void | Promise<void>): () => void;
  rows(text: string, values?: unknown[]): Promise<Row[]>;
  commandOf(command_id: string): Promise<Row>;
  attemptsOf(command_id: string): Promise<Row[]>;
  eventsOf(command_id: string): Promise<Row[]>;
  repliesOf(command_id: string): Promise<Row[]>;
  /** Ends a lease on the database's clock, as if it had run out. */
  expire(...command_ids: string[]): Promise<void>;
}

export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const database = await createTestDatabase();
  const { pool } = database;
  if (options.lanes) await pool.query(`update faultline.setting set value = $1 where key = 'lanes'`, [options.lanes]);

  const watchers = new Map<ProbePoint, Set<(context: object | undefined) => unknown>>();
  const holds = new Set<Hold>();
  const env = createEnv(silentLogger, {
    probe: async (point, context) => {
      for (const watcher of [...(watchers.get(point) ?? [])]) await watcher(context);
    },
    ...options.env,
  });
  const url = (await options.via?.(database.url)) ?? database.url;
  const services: Service[] = [];
  const workers: Worker[] = [];

  const open = async (from: string, { handler, handlers = {}, hooks = {}, ...rest }: LabOptions, env: Env) => {
    const opened = await openService({
      url: from,
      env,
      data_dir: '',
      name: `lab${services.length}`,
      listen: rest.listen,
      // Tests hold code within transactions, and for longer the busier the machine is.
      idle_ms: rest.idle_ms ?? 60_000,
      hooks: () => hooks,
      application: {
        name: 'lab',
        processes: [],
        register: (registry) => {
          if (handler) registry.register(DOMAIN, 'Work', handler);
          for (const [type, handler] of Object.entries(handlers)) registry.register(DOMAIN, type, handler);
        },
      },
    });
    if (hooks.onTransitions) opened.bus.hooks = { ...opened.bus.hooks, onTransitions: hooks.onTransitions };
    services.push(opened);
    return opened;
  };
  const service = await open(url, options, env);
  const { bus } = service;

  onTestFinished(async () => {
    for (const hold of holds) hold.release();
    watchers.clear();
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(services.map((opened) => opened.close()));
    await database.drop();
  });

  const rows = async (text: string, values: unknown[] = []) => (await pool.query<Row>(text, values)).rows;
  const on: Lab['on'] = (point, does) => {
    const set = watchers.get(point) ?? new Set();
    watchers.set(point, set.add(does));
    return () => void set.delete(does);
  };

  return {
    url: database.url,
    pool,
    service,
    bus,
    rows,
    on,
    async work(workerOptions = {}) {
      const worker = createWorker({
        bus,
        registry: service.registry,
        domains: [DOMAIN],
        poll_ms: 50,
        drain_ms: 0,
        ...workerOptions,
      });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    openAnother: ({ env: overrides, ...rest } = {}) => open(database.url, rest, createEnv(silentLogger, overrides)),
    async send(...commands) {
      const domains = await withTx(bus.pool, async (tx) => {
        const sent = new Set<string>();
        for (const lane of new Set(commands.map((command) => command.lane)))
          for (const domain of await sendCommands(
            bus,
            tx,
            commands.filter((command) => command.lane === lane),
          ))
            sent.add(domain);
        return sent;
      });
      bus.notifier.wake(domains);
      return commands.map(({ command_id }) => command_id);
    },
    claim: (limit = 100, { lane = 0, worker_id = WORKER_ID } = {}) =>
      claimReadyCommands(bus.pool, { domain: DOMAIN, lane, limit, claim_id: newId(lane, bus.lanes), worker_id }),
    hold(point, times = 1) {
      const reached: Signal<object | undefined> = signal(`code reached ${point}`);
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      let left = times;
      const stop = on(point, async (context) => {
        if (left-- <= 0) return;
        reached.fire(context);
        await released;
      });
      const hold = {
        reached: reached.promise,
        release: () => {
          stop();
          release();
        },
      };
      holds.add(hold);
      return hold;
    },
    async commandOf(command_id) {
      const [row] = await rows('select * from faultline.command where command_id = $1', [command_id]);
      if (row === undefined) throw new Error(`There is no command ${command_id}.`);
      return row;
    },
    attemptsOf: (command_id) =>
      rows('select * from faultline.attempt where command_id = $1 order by attempt', [command_id]),
    eventsOf: (command_id) =>
      rows('select * from faultline.event where command_id = $1 order by event_id', [command_id]),
    repliesOf: (command_id) =>
      rows('select * from faultline.reply where command_id = $1 order by reply_id', [command_id]),
    async expire(...command_ids) {
      await pool.query(
        `update faultline.command set lease_expires_at = now() where command_id = any($1) and status = 'IN_PROGRESS'`,
        [command_ids],
      );
    },
  };
}

/** A lab whose service reaches the database over a network that can be cut; `pool` and `rows` do not. It does not listen. */
export async function openTerminableLab(options: LabOptions = {}): Promise<{ lab: Lab; network: Network }> {
  let network: Network | undefined;
  const via = async (url: string) => {
    network = await openNetwork(url);
    return network.url;
  };
  const lab = await openLab({ listen: false, ...options, via });
  if (network === undefined) throw new Error('The network was not opened.');
  return { lab, network };
}

/** A standalone command of type `Work`: three attempts without delay, under a lease that outlasts any test. */
export function command(fields: Partial<OutgoingCommand> = {}): OutgoingCommand {
  return {
    command_id: newId(),
    lane: 0,
    domain: DOMAIN,
    type: 'Work',
    purpose: 'standalone',
    priority: 5,
    payload: {},
    policy: { max_attempts: 3, backoff_ms: [0], lease_ms: 600_000 },
    delay_ms: 0,
    process_id: null,
    batch_id: null,
    step: null,
    correlation_id: null,
    reply_to: null,
    state: null,
    ...fields,
  };
}

export function commands(count: number, fields: Partial<OutgoingCommand> = {}): OutgoingCommand[] {
  return Array.from({ length: count }, () => command(fields));
}

/** One command for each lane in turn. */
export function commandsOfLanes(count: number, lanes: number): OutgoingCommand[] {
  return Array.from({ length: count }, (_, index) => {
    const command_id = newId(index % lanes, lanes);
    return command({ command_id, lane: laneOf(command_id, lanes) });
  });
}

/** What a worker hands to the settler. */
export function item(claimed: ClaimedCommand, outcome: Outcome): SettleItem {
  return { command: claimed, outcome, abandoned: false };
}

export function policy(fields: Partial<OutgoingCommand['policy']> = {}): { policy: OutgoingCommand['policy'] } {
  return { policy: { max_attempts: 3, backoff_ms: [0], lease_ms: 600_000, ...fields } };
}

/** A handler that the test holds: each call waits until it is let go. */
export function heldHandler() {
  const calls: {
    command: ClaimedCommand;
    signal: AbortSignal;
    end(result?: unknown): void;
    fail(error: unknown): void;
  }[] = [];
  const handler: Handler<unknown> = (_payload, { command, signal }) =>
    new Promise((resolve, reject) => void calls.push({ command, signal, end: resolve, fail: reject }));
  return { calls, handler };
}

export async function countOf(lab: Lab, status: string): Promise<number> {
  const [row] = await lab.rows('select count(*) from faultline.command where status = $1', [status]);
  return row?.count as number;
}

/** Every command is done and answered once; its attempts are numbered without gap, and only the last one settled it. */
export async function expectSettledOnce(lab: Lab, count: number): Promise<void> {
  expect(await countOf(lab, 'COMPLETED')).toBe(count);
  const [row] = await lab.rows(
    `with numbered as (
       select c.command_id, c.attempts, count(a.attempt) as rows, min(a.attempt) as first, max(a.attempt) as last,
         count(*) filter (where a.effect = 'COMPLETED') as settled,
         count(*) filter (where a.effect = 'COMPLETED' and a.attempt = c.attempts) as settled_last,
         count(*) filter (where a.effect not in ('COMPLETED', 'RETRY')) as others,
         (select count(*) from faultline.reply r where r.command_id = c.command_id) as replies
       from faultline.command c join faultline.attempt a using (command_id)
       group by c.command_id, c.attempts
     )
     select count(*) as good from numbered
     where rows = attempts and first = 1 and last = attempts and settled = 1 and settled_last = 1 and others = 0 and replies = 1`,
  );
  expect(row).toEqual({ good: count });
}
