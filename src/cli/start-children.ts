// The children of `faultline start`: PostgreSQL, the server and the workers, each with how it starts, ends and is forgiven.
// Promises that a worker ends the leases of its earlier lives, and that nobody is blamed for a database that is away.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { TurbulenceCapability } from '../chaos/turbulence.ts';
import { startEmbedded } from '../embedded/embedded.ts';
import type { Logger } from '../model/env.ts';
import { startNodeChild } from '../supervisor/child.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import type { LogFormat, Logs } from '../supervisor/logs.ts';
import type { RunState } from '../supervisor/run-state.ts';
import { type ChildSpec, describeExit, type Running, type Supervisor } from '../supervisor/supervise.ts';
import type { TurbulenceMaker } from '../supervisor/turbulence.ts';
import { type Slots, slotsText } from './work-options.ts';

export interface StartOptions {
  host: string;
  port: number;
  data_dir: string;
  workers: number;
  /** Of every worker. */
  slots?: Slots;
  domains?: readonly string[];
  database_url?: string;
  /** Batches may disturb that database, too. */
  allow_turbulence?: boolean;
  postgres_port?: number;
  app?: string;
  log_format: LogFormat;
  /** The server or a worker that gives no sign of life for so long is killed and replaced. */
  unresponsive_ms: number;
  /** The id of a process whose every step is logged, or `all`. */
  follow_process?: string;
}

/** What children are started from. */
export interface Run {
  options: StartOptions;
  state: RunState;
  logs: Logs;
  logger: Logger;
  supervisor: Supervisor;
  /** Resolves when the run is to end, with the exit code. */
  ended: Promise<number>;
  ending: boolean;
  database_url: string;
  death_prefix: readonly string[] | undefined;
  /** What batches may ask to be disturbed; undefined: nothing. */
  turbulence_capability: TurbulenceCapability | undefined;
  turbulence?: TurbulenceMaker;
}

/** What a worker may take to drain (20 s), and a little more. */
const WORKER_STOP_MS = 30_000;
const SERVE_STOP_MS = 10_000;
/** A clean stop writes a checkpoint, which may be large. */
const POSTGRES_STOP_MS = 60_000;
const STAGE = { postgres: 0, serve: 1, work: 2 } as const;

/** PostgreSQL keeps its port from start to start, so that those who hold its address find it again. */
export function postgresSpec(run: Run): ChildSpec {
  const { data_dir, postgres_port } = run.options;
  let port = postgres_port;
  return {
    name: 'postgres',
    stage: STAGE.postgres,
    stop_ms: POSTGRES_STOP_MS,
    start: async () => {
      const log_file = join(data_dir, 'logs', 'postgres.log');
      const server = await startEmbedded({ data_dir: join(data_dir, 'postgres'), port, log_file });
      port = server.port;
      run.database_url = server.url;
      run.logger.info({ pid: server.pid, port }, 'PostgreSQL is up');
      return {
        pid: server.pid,
        exited: server.exited,
        stop: () => void server.stop('fast'),
        kill: () => void server.stop('immediate'),
      };
    },
  };
}

/** Migrates and seeds, in a process of its own that ends; on the way it ends the leases of workers that were killed. */
export async function migrate(run: Run): Promise<void> {
  const replaces = run.state.abandoned_worker_ids.join(',');
  const child = await startChild(run, 'migrate', ['migrate', '--wait'], { FAULTLINE_REPLACES: replaces });
  void run.ended.then(() => child.stop());
  const exit = await child.exited;
  if (exit.code !== 0) throw new CliError(`The database could not be prepared (${describeExit(exit)}).`);
  run.state.forgetAbandoned();
}

export function serveSpec(run: Run): ChildSpec {
  const { host, port } = run.options;
  // Said also where it is nothing: what stands in our own environment does not count.
  const env = { FAULTLINE_TURBULENCE: run.turbulence_capability ?? '' };
  return {
    name: 'serve',
    stage: STAGE.serve,
    stop_ms: SERVE_STOP_MS,
    start: () => startChild(run, 'serve', ['serve', '--host', host, '--port', String(port)], env),
    ...patience(run),
  };
}

export function workSpec(run: Run, name: string): ChildSpec {
  // Ids of this worker's earlier lives. More than one, because a life may be too short to have ended the last one's leases.
  const earlier: string[] = [];
  return {
    name,
    stage: STAGE.work,
    stop_ms: WORKER_STOP_MS,
    start: async () => {
      const worker_id = randomUUID();
      const env = {
        FAULTLINE_WORKER_ID: worker_id,
        FAULTLINE_WORKER_NAME: name,
        FAULTLINE_REPLACES: earlier.slice(-10).join(','),
      };
      run.state.addWorker(worker_id);
      earlier.push(worker_id);
      return startChild(run, name, ['work'], env);
    },
    wanted: (exit) => exit.code === EXIT.chaos_crash,
    ...patience(run),
  };
}

/** A child that leaves because the database is away is not to blame, and comes back when that does. */
function patience(run: Run): Pick<ChildSpec, 'blameless' | 'ready'> {
  const embedded = !run.options.database_url;
  const away = () => embedded && run.supervisor.pidOf('postgres') === undefined;
  return {
    blameless: (exit) => exit.code === EXIT.unavailable || away(),
    ready: () => run.supervisor.whenUp('postgres'),
  };
}

function startChild(run: Run, name: string, args: string[], env: Record<string, string> = {}): Promise<Running> {
  const { data_dir, app, follow_process, slots, domains } = run.options;
  return startNodeChild({
    name,
    args,
    logs: run.logs,
    death_prefix: run.death_prefix,
    // Migrating and seeding take as long as they take.
    unresponsive_ms: name === 'migrate' ? undefined : run.options.unresponsive_ms,
    env: {
      DATABASE_URL: run.database_url,
      FAULTLINE_DATA_DIR: data_dir,
      ...(app ? { FAULTLINE_APP: app } : {}),
      ...(slots ? { FAULTLINE_SLOTS: slotsText(slots) } : {}),
      ...(domains ? { FAULTLINE_DOMAINS: domains.join(',') } : {}),
      ...(follow_process ? { FAULTLINE_FOLLOW_PROCESS: follow_process } : {}),
      ...env,
    },
  });
}
