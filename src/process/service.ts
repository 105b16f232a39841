// A service: one application's definitions and handlers, bound to a database through a bus with its hooks.
// The command line, the HTTP server and your own programs open one.

import type { Bus } from '../bus/bus.ts';
import { Control } from '../bus/control.ts';
import { DatabaseHealth } from '../bus/database-health.ts';
import { type BusHooks, HandlerRegistry } from '../bus/handlers.ts';
import { registerJobs } from '../bus/jobs.ts';
import type { CommandRequest } from '../bus/request.ts';
import { type SendOptions, type SentCommand, type SentCommands, send, sendMany } from '../bus/send.ts';
import { createWorker, type Worker, type WorkerOptions } from '../bus/worker.ts';
import { losingConnections, type WithoutConnection } from '../db/lost-connections.ts';
import { readLanes } from '../db/migrate.ts';
import { type Notifier, openNotifier } from '../db/notifier.ts';
import { createApplicationPool, createPool, isAway, type Pool } from '../db/pool.ts';
import { insertEvents } from '../db/queries/events.ts';
import type { Env } from '../model/env.ts';
import { reasonOf } from '../model/error-text.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { PeriodicTask } from '../model/periodic.ts';
import type { Application, ApplicationContext } from './application.ts';
import { registerCancel } from './cancel.ts';
import { ProcessRegistry } from './define.ts';
import { createFinisher } from './finish.ts';
import { registerLaunch } from './launch.ts';
import { registerCommandLaunch } from './launch-commands.ts';
import { createPruneRound } from './prune-round.ts';
import { createReplyRouting } from './replies.ts';
import { createRouter } from './router.ts';
import { unhandledCommands } from './unhandled.ts';

/** Statements of the bus take milliseconds; one that waits this long for a lock or a dead server is better retried. */
const BUS_ANSWER_MS = 30_000;
/** A transaction of ours idles only if its process hangs; its locks are released after this time. */
const IDLE_MS = 5_000;
/** How long a closing service waits for connections of the application. */
const GIVEN_BACK_MS = 5_000;
/** Connections of each kind, by default. */
export const CONNECTIONS = 6;

export interface ServiceOptions {
  url: string;
  env: Env;
  application: Application;
  /** The folder for files of the application. */
  data_dir: string;
  /** The application name of its connections (faultline). */
  name?: string;
  /** Connections of the bus (6), as many again for the application, and one for the notifier. Opened on demand. */
  connections?: number;
  /** Connections for reading and administration (as many as of the bus). */
  read_connections?: number;
  /** How long a transaction may idle before the server ends it (5,000). */
  idle_ms?: number;
  /** False where the pooler in between cannot LISTEN: workers poll only. */
  listen?: boolean;
  /** Extensions, such as fault injection. */
  hooks?(context: HooksContext): Omit<BusHooks, 'onTransitions' | 'processTypes'>;
  /** Registers handlers in addition to the application's. */
  handlers?(registry: HandlerRegistry): void;
}

export interface HooksContext {
  pool: Pool;
  env: Env;
  withoutConnection: WithoutConnection;
}

export interface Service {
  bus: Bus;
  /** For reading and administration; the bus and the application have pools of their own. */
  pool: Pool;
  notifier: Notifier;
  registry: HandlerRegistry;
  processes: ProcessRegistry;
  application: Application;
  context: ApplicationContext;
  /** A worker of this service, which also counts batches and routes kept replies. */
  createWorker(options?: Omit<WorkerOptions, 'bus' | 'registry'>): Worker;
  /** Sends one command; see `send`. */
  send(request: CommandRequest, options?: SendOptions): Promise<SentCommand>;
  /** Sends all of them or none; see `sendMany`. */
  sendMany(requests: readonly CommandRequest[], options?: SendOptions): Promise<SentCommands>;
  close(): Promise<void>;
}

/** Opens a service on a migrated database. */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { env, application } = options;
  const application_name = options.name ?? 'faultline';
  const { connections: max = CONNECTIONS, read_connections = max, idle_ms = IDLE_MS } = options;
  const databaseHealth = new DatabaseHealth(env, (away_ms) => {
    // For the audit and for verdicts, which must not count failures during the outage as real.
    const event = { type: 'DATABASE_AWAY', actor: application_name, details: { away_ms } } as const;
    return insertEvents(busPool, 0, [event]);
  });
  // Idle connections count too: their end also ended connections of handlers.
  const onLost = (error: Error) => {
    if (isAway(error)) databaseHealth.reportError(error, {}, 'a connection was ended');
  };
  const pool = createPool(options.url, { application_name, max: read_connections, idle_ms, onLost });
  const busPool = createPool(options.url, {
    application_name: `${application_name} bus`,
    max,
    idle_ms,
    keyed_plans: true,
    answer_ms: BUS_ANSWER_MS,
    onLost,
  });
  const own = createApplicationPool(options.url, { application_name: `${application_name} application`, max });
  const registry = new HandlerRegistry();
  const processes = new ProcessRegistry();
  for (const definition of application.processes) processes.register(definition);
  const context: ApplicationContext = { pool: own, logger: env.logger, data_dir: options.data_dir };
  registerHandlers(application, registry, context);
  options.handlers?.(registry);
  // Connections are open from here on; errors of the application are thrown before.
  const notifier = openNotifier(env, options.listen === false ? null : options.url, `${application_name} notifier`);

  const onTransitions = createRouter(processes, () => bus);
  const extensions = options.hooks?.({ pool: busPool, env, withoutConnection: losingConnections(own) });
  const hooks = { ...extensions, onTransitions, processTypes: () => processes.all() };
  const control = new Control({ pool: busPool, env, notifier, databaseHealth });
  const bus: Bus = {
    pool: busPool,
    env,
    notifier,
    hooks,
    databaseHealth,
    control,
    settings: () => control.settings(),
    lanes: await readLanes(pool),
  };
  await control.refresh();
  control.start();
  registerLaunch(registry, processes, bus);
  registerCommandLaunch(registry, bus);
  registerCancel(registry, bus);
  registerJobs(registry, bus);

  return {
    bus,
    pool,
    notifier,
    registry,
    processes,
    application,
    context,
    createWorker(workerOptions = {}) {
      const domains = new Set(workerOptions.domains ?? registry.domains());
      const own = processes.all().filter(({ domain }) => domains.has(domain));
      warnUnhandled(env, unhandledCommands(own, registry));
      return withTasks(createWorker({ ...workerOptions, bus, registry }), [
        createFinisher(bus),
        createReplyRouting(bus, processes),
        createPruneRound(bus, { processes, application, context }),
      ]);
    },
    send: (request, options) => send(bus, request, options),
    sendMany: (requests, options) => sendMany(bus, requests, options),
    async close() {
      await control.stop();
      await notifier.close();
      await Promise.all([pool.end(), busPool.end(), endApplicationPool(env, own)]);
    },
  };
}

/** A handler may never return its connection; the process must end nevertheless. */
async function endApplicationPool(env: Env, pool: Pool): Promise<void> {
  const ended = new AbortController();
  await Promise.race([pool.end().finally(() => ended.abort()), env.sleep(GIVEN_BACK_MS, ended.signal)]);
}

function registerHandlers(application: Application, registry: HandlerRegistry, context: ApplicationContext): void {
  try {
    application.register(registry, context);
  } catch (error) {
    const why = reasonOf(error);
    throw new ConfigurationError(`The application ${application.name} cannot register its handlers: ${why}`, error);
  }
}

function warnUnhandled({ logger }: Env, unhandled: readonly string[]): void {
  if (unhandled.length === 0) return;
  logger.warn({ unhandled }, 'processes send commands that have no handler here: another service must have one');
}

function withTasks(worker: Worker, tasks: readonly Pick<PeriodicTask, 'start' | 'stop'>[]): Worker {
  return {
    worker_id: worker.worker_id,
    async start() {
      await worker.start();
      for (const task of tasks) task.start();
    },
    async stop() {
      await Promise.all(tasks.map((task) => task.stop()));
      await worker.stop();
    },
  };
}
