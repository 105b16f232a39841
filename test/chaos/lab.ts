// A lab for chaos: a real service on a database of its own, with chaos installed as hooks, and what its tests look at.

import type { Application, Env, ProcessDefinition } from 'faultline';
import { createEnv, defineProcess, silentLogger } from 'faultline';
import { chaosHooks } from 'faultline/chaos';
import { afterAll } from 'vitest';
import { z } from 'zod';
import type { Handler, OutgoingCommand } from '../../src/bus/handlers.ts';
import { sendCommands } from '../../src/bus/insert.ts';
import type { Worker, WorkerOptions } from '../../src/bus/worker.ts';
import { withTx } from '../../src/db/pool.ts';
import { newId } from '../../src/model/ids.ts';
import type { Service } from '../../src/process/service.ts';
import { openService } from '../../src/process/service.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

export const DOMAIN = 'lab';

/** Three steps; the first two can be undone. Its handlers return what they were given. */
export const assembly: ProcessDefinition<object, { done: string[] }> = defineProcess({
  type: 'Assembly',
  version: 1,
  domain: DOMAIN,
  input: z.strictObject({}),
  state: z.object({ done: z.array(z.string()) }),
  start: () => ({ done: [] }),
  steps: ['cut', 'weld', 'paint'].map((key) => ({
    key,
    command: `Do${key}`,
    request: () => ({ key }),
    onReply: (state: { done: string[] }) => ({ done: [...state.done, key] }),
    ...(key === 'paint' ? {} : { compensate: { command: 'Undo', request: () => ({ key }) } }),
  })),
});

export interface Lab {
  database: TestDatabase;
  service: Service;
  /** What handlers were called with, by command id. */
  handled: Map<string, unknown>;
  /** Starts a worker; it is stopped after the file. */
  work(options?: Omit<WorkerOptions, 'bus' | 'registry'>): Promise<Worker>;
  /** Sends commands through the hooks, in a transaction of their own. */
  send(...commands: OutgoingCommand[]): Promise<void>;
  /** What has become of a command. */
  look(command: Pick<OutgoingCommand, 'command_id'>): Promise<Seen>;
  /** Sends a command, waits until it is at rest, and looks. */
  run(command: OutgoingCommand): Promise<Seen>;
}

/** A command and its attempts. */
export interface Seen {
  status: string;
  result: unknown;
  park_reason: string | null;
  interruptions: number;
  fault: string | null;
  attempt_ms: number;
  /** Its handler was called. */
  handled: boolean;
  attempts: {
    outcome: string;
    effect: string;
    error_code: string | null;
    error_message: string | null;
    fault: string | null;
  }[];
  /** Late results that were refused. */
  discarded: number;
}

export interface LabOptions {
  /** Of the command type `Work`; it returns its payload when absent. */
  handler?: Handler<unknown>;
  /** Of other command types. */
  handlers?: Record<string, Handler<unknown>>;
  /** Beside the assembly. */
  processes?: Application['processes'];
  env?: Env;
  crash?: () => void;
}

export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const database = await createTestDatabase();
  const handled = new Map<string, unknown>();
  const echo: Handler<unknown> = (payload, { command }) => {
    handled.set(command.command_id, payload);
    return payload;
  };
  const application: Application = {
    name: 'lab',
    processes: [assembly, ...(options.processes ?? [])],
    register(registry) {
      registry.register(DOMAIN, 'Work', async (payload: unknown, context) => {
        handled.set(context.command.command_id, payload);
        return options.handler ? options.handler(payload as never, context) : payload;
      });
      for (const type of ['Docut', 'Doweld', 'Dopaint', 'Undo']) registry.register(DOMAIN, type, echo);
      for (const [type, handler] of Object.entries(options.handlers ?? {})) registry.register(DOMAIN, type, handler);
    },
  };
  const env = options.env ?? createEnv(silentLogger);
  const service = await openService({
    url: database.url,
    env,
    application,
    data_dir: '',
    hooks: (context) => chaosHooks({ ...context, crash: options.crash }),
  });
  const workers: Worker[] = [];
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await service.close();
  });
  const look: Lab['look'] = async ({ command_id }) => {
    const { rows } = await database.pool.query<Seen>(
      `select c.status, c.result, c.park_reason, c.interruptions, c.fault,
         (extract(epoch from c.settled_at - c.attempt_started_at) * 1000)::float8 as attempt_ms,
         (select coalesce(json_agg(json_build_object('outcome', a.outcome, 'effect', a.effect, 'error_code', a.error_code,
            'error_message', a.error_message, 'fault', a.fault) order by a.attempt), '[]')
          from faultline.attempt a where a.command_id = c.command_id) as attempts,
         (select count(*) from faultline.event e
          where e.command_id = c.command_id and e.type = 'LATE_RESULT_DISCARDED') as discarded
       from faultline.command c where c.command_id = $1`,
      [command_id],
    );
    return { ...(rows[0] as Seen), handled: handled.has(command_id) };
  };
  const send: Lab['send'] = async (...commands) => {
    const { bus } = service;
    const domains = await withTx(bus.pool, (tx) => sendCommands(bus, tx, commands));
    bus.notifier.wake(domains);
  };
  return {
    database,
    service,
    handled,
    look,
    send,
    async run(command) {
      await send(command);
      return until('the command is at rest', async () => {
        const seen = await look(command);
        return !['PENDING', 'IN_PROGRESS'].includes(seen.status) && seen;
      });
    },
    async work(workerOptions = {}) {
      const worker = service.createWorker({ poll_ms: 50, drain_ms: 0, ...workerOptions });
      workers.push(worker);
      await worker.start();
      return worker;
    },
  };
}

/** A standalone command `Work` under `behavior`, tried twice without delay. */
export function work(behavior: object | null, fields: Partial<OutgoingCommand> = {}): OutgoingCommand {
  return {
    command_id: newId(),
    lane: 0,
    domain: DOMAIN,
    type: 'Work',
    purpose: 'standalone',
    priority: 5,
    payload: { n: 1 },
    policy: { max_attempts: 2, backoff_ms: [0], lease_ms: 30_000 },
    delay_ms: 0,
    process_id: null,
    batch_id: null,
    step: null,
    correlation_id: null,
    reply_to: null,
    state: behavior === null ? null : { behavior: { Work: behavior } },
    ...fields,
  };
}

/** A step of a process that need not exist, under `behavior`. */
export function step(behavior: object | null, fields: Partial<OutgoingCommand> = {}): OutgoingCommand {
  const process_id = newId();
  const state = behavior === null ? {} : { behavior: { cut: behavior } };
  return work(null, {
    type: 'Docut',
    purpose: 'step',
    step: 'cut',
    process_id,
    correlation_id: process_id,
    state,
    ...fields,
  });
}
