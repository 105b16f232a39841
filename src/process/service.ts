// A service: one application's definitions and handlers, bound to a database through a bus with its hooks.
// What the command line, the HTTP server and a program of your own start from.

import type { Bus } from '../bus/bus.ts';
import { createControl } from '../bus/control.ts';
import { type BusHooks, HandlerRegistry } from '../bus/handlers.ts';
import { registerJobs } from '../bus/jobs.ts';
import { createOutageLog } from '../bus/outage.ts';
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

/** The bus's statements take milliseconds; one that waits this long for a lock, or for a server that is gone, is better tried again. */
const BUS_ANSWER_MS = 30_000;
/** Nothing of ours stands still in a transaction, unless its process does: what it holds locked is others' again after so long. */
const IDLE_MS = 5_000;
/** So long a service that closes waits for connections of the application. */
const GIVEN_BACK_MS = 5_000;
/** Connections of each kind, where nobody says how many. */
export const CONNECTIONS = 6;

export interface ServiceOptions {
  url: string;
  env: Env;
  application: Application;
  /** Where the application keeps its files. */
  data_dir: string;
  /** For people: how connections are listed by the server (faultline). */
  name?: string;
  /** Connections of the bus (6), as many again for the application, and one for notifier. All are opened when they are needed. */
  connections?: number;
  /** Connections for what is shown and looked after (as many as of the bus). */
  read_connections?: number;
  /** How long a transaction may stand still before the server ends it, because the process does (5,000). */
  idle_ms?: number;
  /** False where the pooler in between cannot LISTEN: workers poll only. */
  listen?: boolean;
  /** Extensions, such as fault injection; made with the bus's own pool, and with what takes connections of the handlers' pool away. */
  hooks?(context: HooksContext): Omit<BusHooks, 'onTransitions' | 'processTypes'>;
  /** Registers handlers beside the application's own. */
  handlers?(registry: HandlerRegistry): void;
}

export interface HooksContext {
  pool: Pool;
  env: Env;
  withoutConnection: WithoutConnection;
}

export interface Service {
  bus: Bus;
  /** For what is shown and looked after: an ordinary pool, apart from that of the bus and from the application's, which is in `context`. */
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
  const outage = createOutageLog(env, (away_ms) => {
    // In the audit, and for verdicts: attempts that failed meanwhile did not fail of themselves.
    const event = { type: 'DATABASE_AWAY', actor: application_name, details: { away_ms } } as const;
    return insertEvents(busPool, 0, [event]);
  });
  // Also of connections that nobody uses: what ended them ended those of handlers, too.
  const onLost = (error: Error) => {
    if (isAway(error)) outage.failed(error, {}, 'a connection was ended');
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
  // From here on connections are open: what the application does wrong was thrown before.
  const notifier = openNotifier(env, options.listen === false ? null : options.url, `${application_name} notifier`);

  const onTransitions = createRouter(processes, () => bus);
  const extensions = options.hooks?.({ pool: busPool, env, withoutConnection: losingConnections(own) });
  const hooks = { ...extensions, onTransitions, processTypes: () => processes.all() };
  const control = createControl(() => bus);
  const bus: Bus = {
    pool: busPool,
    env,
    notifier,
    hooks,
    outage,
    control,
    settings: control.settings,
    lanes: await readLanes(pool),
  };
  await control.refresh();
  control.start();
  registerLaunch(registry, processes, () => bus);
  registerCommandLaunch(registry, () => bus);
  registerCancel(registry, () => bus);
  registerJobs(registry, () => bus);

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
      tellUnhandled(env, unhandledCommands(own, registry));
      return withRounds(createWorker({ ...workerOptions, bus, registry }), [
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

/** A handler may never give its connection back: then it is closed with the process, which must come to its end. */
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

/** A worker that will meet what nobody here can execute says so when it starts, and not only when it does. */
function tellUnhandled({ logger }: Env, unhandled: readonly string[]): void {
  if (unhandled.length === 0) return;
  logger.warn({ unhandled }, 'processes send commands that have no handler here: another service must have one');
}

function withRounds(worker: Worker, rounds: readonly PeriodicTask[]): Worker {
  return {
    worker_id: worker.worker_id,
    async start() {
      await worker.start();
      for (const each of rounds) each.start();
    },
    async stop() {
      await Promise.all(rounds.map((each) => each.stop()));
      await worker.stop();
    },
  };
}
