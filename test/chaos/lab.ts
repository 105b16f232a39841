// A lab for chaos: a real service on a database of its own, with chaos installed as hooks, and what its tests look at.

import type { Application, Env, ProcessDefinition } from 'faultline';
import { createEnv, defineProcess, silentLogger } from 'faultline';
import { chaosHooks } from 'faultline/chaos';
import { afterAll } from 'vitest';
import { z } from 'zod';
import { sendCommands } from '../../src/bus/bus.ts';
import type { Handler, OutgoingCommand } from '../../src/bus/handlers.ts';
import type { Worker, WorkerOptions } from '../../src/bus/worker.ts';
import { withTx } from '../../src/db/pool.ts';
import { newId } from '../../src/model/env.ts';
import type { Service } from '../../src/process/service.ts';
import { openService } from '../../src/process/service.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';

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
}

/** Opens a lab; `handler` serves the command type `Work` (it returns its payload when absent). */
export async function openLab(options: { handler?: Handler<unknown>; env?: Env } = {}): Promise<Lab> {
  const database = await createTestDatabase();
  const handled = new Map<string, unknown>();
  const echo: Handler<unknown> = (payload, { command }) => {
    handled.set(command.command_id, payload);
    return payload;
  };
  const application: Application = {
    name: 'lab',
    processes: [assembly],
    register(registry) {
      registry.register(DOMAIN, 'Work', async (payload: unknown, context) => {
        handled.set(context.command.command_id, payload);
        return options.handler ? options.handler(payload as never, context) : payload;
      });
      for (const type of ['Docut', 'Doweld', 'Dopaint', 'Undo']) registry.register(DOMAIN, type, echo);
    },
  };
  const env = options.env ?? createEnv(silentLogger);
  const service = await openService({ url: database.url, env, application, data_dir: '', hooks: chaosHooks });
  const workers: Worker[] = [];
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await service.close();
  });
  return {
    database,
    service,
    handled,
    async work(workerOptions = {}) {
      const worker = service.createWorker({ poll_ms: 50, drain_ms: 0, ...workerOptions });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    async send(...commands) {
      const { bus } = service;
      const domains = await withTx(bus.pool, (tx) => sendCommands(bus, tx, commands));
      for (const domain of domains) bus.hints.hint(domain);
    },
  };
}

/** A lone command `Work` under `behavior`, tried twice without delay. */
export function work(behavior: object | null, fields: Partial<OutgoingCommand> = {}): OutgoingCommand {
  return {
    command_id: newId(),
    lane: 0,
    domain: DOMAIN,
    type: 'Work',
    purpose: 'lone',
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
