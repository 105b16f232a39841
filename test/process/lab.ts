// A lab for processes: a real service on a database of its own, definitions made of keys, handlers that a test scripts,
// and a ledger of every change of status, which must be in the table of transitions when the file is done.

import { afterAll, expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createWorker, type WorkerOptions } from '../../src/bus/worker.ts';
import { chaosHooks } from '../../src/chaos/index.ts';
import { migrate } from '../../src/db/migrate.ts';
import { COMMAND_TRANSITIONS, type CommandPurpose } from '../../src/model/command.ts';
import { createEnv, type Env, silentLogger } from '../../src/model/env.ts';
import { type BatchStatus, PROCESS_TRANSITIONS, type ProcessStatus } from '../../src/model/process.ts';
import type { Application } from '../../src/process/application.ts';
import type { AnyProcessDefinition, StepDefinition } from '../../src/process/define.ts';
import { defineProcess } from '../../src/process/define.ts';
import { launchBatch } from '../../src/process/launch.ts';
import type { LaunchRequest } from '../../src/process/launch-check.ts';
import { openService, type Service } from '../../src/process/service.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type UntilOptions, until } from '../support/until.ts';

export const DOMAIN = 'lab';

/** One attempt, as a script sees it. */
export interface Call {
  key: string;
  step: string;
  purpose: CommandPurpose;
  attempt: number;
  ordinal: number;
  process_id: string;
  command_id: string;
  signal: AbortSignal;
}

/** What the handlers of one batch do: the result, or what is thrown. */
export type Script = (call: Call) => unknown;

/** Where the code of a definition is asked; it may throw. */
export type Place = 'start' | 'request' | 'onReply' | 'next' | 'compensate';

export interface ChainOptions {
  type?: string;
  version?: number;
  /** Keys of steps that can be undone; all of them when absent. */
  undo?: readonly string[];
  /** Called at each place in the definition's code. */
  code?(place: Place, key: string, state: Record<string, unknown>): void;
}

const stateSchema = z.looseObject({ script: z.string(), ordinal: z.int(), done: z.array(z.string()) });
type ChainState = z.output<typeof stateSchema>;

/** A definition that takes these steps in order. Its state says what was done. */
export function chain(keys: readonly string[], options: ChainOptions = {}): AnyProcessDefinition {
  const { type = 'Chain', version = 1, undo = keys, code = () => {} } = options;
  return defineProcess({
    type,
    version,
    domain: DOMAIN,
    input: z.strictObject({ script: z.string() }),
    state: stateSchema,
    start: ({ script }, { ordinal }) => {
      code('start', String(ordinal), {});
      return { script, ordinal, done: [] };
    },
    steps: keys.map(
      (key, index): StepDefinition<ChainState> => ({
        key,
        command: `Do${key}`,
        request: (state, { ordinal }) => {
          code('request', key, state);
          return { script: state.script, key, ordinal };
        },
        onReply: (state) => {
          code('onReply', key, state);
          return { ...state, done: [...state.done, key] };
        },
        next: (state) => {
          code('next', key, state);
          return keys[index + 1] ?? null;
        },
        ...(undo.includes(key)
          ? {
              compensate: {
                command: `Undo${key}`,
                request: (state, { ordinal }) => {
                  code('compensate', key, state);
                  return { script: state.script, key, ordinal };
                },
              },
            }
          : {}),
      }),
    ),
  });
}

export interface LabProcess {
  process_id: string;
  ordinal: number;
  status: ProcessStatus;
  current_step: string;
  awaiting_command_id: string | null;
  state: Record<string, unknown>;
  path: string[];
  command_ids: string[];
  undo: number | null;
  error_code: string | null;
  error_message: string | null;
}

export interface LabOptions {
  processes: readonly AnyProcessDefinition[];
  /** Default 1. */
  lanes?: number;
  env?: Partial<Env>;
  /** Another service on the same database. */
  database?: TestDatabase;
  /** False: no worker counts batches, so that a test may say when. Default true. */
  finishers?: boolean;
}

export type LabLaunch = Partial<Omit<LaunchRequest, 'definition' | 'input'>> & { script?: Script };

/** By name, which processes carry in their state; of all labs, for they may share a database. */
const scriptOf = new Map<string, Script>();
let scripts = 0;

export async function openLab(options: LabOptions) {
  const database = options.database ?? (await openDatabase(options.lanes ?? 1));
  const { pool } = database;
  const calls: Call[] = [];
  const lab = {
    database,
    pool,
    /** Every attempt, in the order in which handlers were called. */
    calls,
    /** What happens at the named points; replace it to hold or to break. */
    onProbe: ((_point, _context) => {}) as Env['probe'],
  };

  const handle = async (payload: { script: string; key: string; ordinal: number }, context: HandlerGiven) => {
    const { command } = context;
    const call: Call = {
      key: payload.key,
      step: command.step as string,
      purpose: command.purpose,
      attempt: command.attempts,
      ordinal: payload.ordinal,
      process_id: command.process_id as string,
      command_id: command.command_id,
      signal: context.signal,
    };
    calls.push(call);
    return (await scriptOf.get(payload.script)?.(call)) ?? { key: payload.key };
  };
  const application: Application = {
    name: 'lab',
    processes: options.processes,
    register(registry) {
      const steps = options.processes.flatMap((definition) => definition.steps);
      const types = new Set(steps.flatMap(({ command, compensate }) => [command, compensate?.command ?? command]));
      for (const type of types) registry.register(DOMAIN, type, handle);
    },
  };
  const env = createEnv(silentLogger, {
    ...hasty,
    probe: (point, context) => lab.onProbe(point, context),
    ...options.env,
  });
  const service: Service = await openService({
    // Tests hold code within transactions, and for longer the busier the machine is.
    idle_ms: 60_000,
    url: database.url,
    env,
    application,
    data_dir: '',
    hooks: chaosHooks,
  });
  const workers: { stop(): Promise<void> }[] = [];
  afterwards(async () => {
    lab.onProbe = () => {};
    await Promise.all(workers.map((worker) => worker.stop()));
    await service.close();
  });

  const processes = async (batch_id: string): Promise<LabProcess[]> => {
    const { rows } = await pool.query<LabProcess & Record<string, unknown>>(
      'select * from faultline.process where batch_id = $1 order by ordinal',
      [batch_id],
    );
    return rows;
  };

  return Object.assign(lab, {
    service,
    bus: service.bus,
    processes,

    /** Starts a worker; it is stopped after the file. */
    async work(workerOptions: Omit<WorkerOptions, 'bus' | 'registry'> = {}) {
      const allOptions = { poll_ms: 500, drain_ms: 0, ...workerOptions };
      const { bus, registry } = service;
      const worker =
        options.finishers === false ? createWorker({ ...allOptions, bus, registry }) : service.createWorker(allOptions);
      workers.push(worker);
      await worker.start();
      return worker;
    },

    /** Launches a batch whose handlers do what `script` says. */
    async launch(definition: AnyProcessDefinition, { script, ...request }: LabLaunch = {}): Promise<string> {
      const name = `script ${++scripts}`;
      if (script !== undefined) scriptOf.set(name, script);
      const { batch_id } = await launchBatch(service.bus, {
        definition,
        count: 1,
        input: { script: name },
        policy: { max_attempts: 2, backoff_ms: [0], lease_ms: 30_000 },
        ...request,
      });
      return batch_id;
    },

    /** Waits until every process of the batch has one of these statuses; answers them, in order. */
    async untilProcesses(batch_id: string, statuses: ProcessStatus | ProcessStatus[], waiting: UntilOptions = {}) {
      const wanted = [statuses].flat();
      return until(
        `the processes are ${wanted.join(' or ')}`,
        async () => {
          const rows = await processes(batch_id);
          return rows.length > 0 && rows.every(({ status }) => wanted.includes(status)) && rows;
        },
        waiting,
      );
    },

    /** The same for the only process of a batch. */
    async untilProcess(batch_id: string, status: ProcessStatus): Promise<LabProcess> {
      return (await this.untilProcesses(batch_id, status))[0] as LabProcess;
    },

    async batch(batch_id: string): Promise<{ status: BatchStatus } & Record<string, unknown>> {
      const { rows } = await pool.query('select * from faultline.batch where batch_id = $1', [batch_id]);
      return rows[0];
    },

    async untilBatch(batch_id: string, status: BatchStatus, waiting: UntilOptions = {}) {
      return until(
        `the batch is ${status}`,
        async () => {
          const batch = await this.batch(batch_id);
          return batch.status === status && batch;
        },
        waiting,
      );
    },

    /** The commands of a process in the order they were sent. */
    async commands({ process_id }: { process_id: string }) {
      const { rows } = await pool.query(
        `select c.* from faultline.process p cross join unnest(p.command_ids) with ordinality as i(command_id, position)
           join faultline.command c on c.command_id = i.command_id
         where p.process_id = $1 order by i.position`,
        [process_id],
      );
      return rows;
    },

    /** Types of what was recorded of a process or a batch, oldest first. */
    async events(
      of: { process_id: string } | { batch_id: string },
    ): Promise<{ type: string; [field: string]: unknown }[]> {
      const [column, id] = 'process_id' in of ? ['process_id', of.process_id] : ['batch_id', of.batch_id];
      const { rows } = await pool.query(`select * from faultline.event where ${column} = $1 order by event_id`, [id]);
      return rows;
    },

    /** Attempts of a process as `step:purpose`, in the order in which they were made. */
    callsOf({ process_id }: { process_id: string }): string[] {
      return calls.filter((call) => call.process_id === process_id).map((call) => `${call.purpose} ${call.step}`);
    },
  });
}

export type Lab = Awaited<ReturnType<typeof openLab>>;
type HandlerGiven = Parameters<Parameters<Service['registry']['register']>[2]>[1];

/** Timers of the service run ten times as fast: rounds of the finisher, ticks of the reaper, polls. Leases do not. */
const hasty: Pick<Env, 'after'> = {
  after: (ms, callback, options) => createEnv(silentLogger).after(ms / 10, callback, options),
};

/** After the file, or after the test for a lab that was opened in one. */
function afterwards(work: () => Promise<void>): void {
  if (expect.getState().currentTestName === undefined) afterAll(work);
  else onTestFinished(work);
}

async function openDatabase(lanes: number): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: lanes > 1 });
  if (lanes > 1) await migrate(database.pool, { lanes });
  await recordTransitions(database);
  return database;
}

/** Every change of status is written down by the database itself, and looked up in the tables when the file is done. */
async function recordTransitions({ pool }: TestDatabase): Promise<void> {
  await pool.query(`
    create table transition (kind text, id uuid, was text, became text);
    create function record_process() returns trigger language plpgsql as $$
      begin
        insert into transition values ('process', new.process_id, case when tg_op = 'UPDATE' then old.status end, new.status);
        return null;
      end $$;
    create trigger record_process after insert or update of status on faultline.process for each row execute function record_process();
    create function record_command() returns trigger language plpgsql as $$
      begin
        insert into transition values ('command', new.command_id, case when tg_op = 'UPDATE' then old.status end, new.status);
        return null;
      end $$;
    create trigger record_command after insert or update of status on faultline.command
      for each row execute function record_command()`);
  afterwards(async () => {
    const { rows } = await pool.query<{ kind: string; was: string | null; became: string; example: string }>(
      'select kind, was, became, min(id::text) as example from transition group by kind, was, became',
    );
    const legal = { process: PROCESS_TRANSITIONS, command: COMMAND_TRANSITIONS };
    const illegal = rows.filter(
      ({ kind, was, became }) =>
        !legal[kind as keyof typeof legal].some(({ from, to }) => from === was && to === became),
    );
    expect(illegal, 'changes of status that are in no table of transitions').toEqual([]);
  });
}
