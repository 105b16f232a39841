// The children of `faultline start`: how PostgreSQL, the server and the workers start and stop, and which exits do not
// count as failures.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { TurbulenceCapability } from '../chaos/turbulence.ts';
import { startEmbedded } from '../embedded/server.ts';
import type { Logger } from '../model/env.ts';
import { startNodeChild } from '../supervisor/child.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import type { LogFormat, Logs } from '../supervisor/logs.ts';
import type { RunState } from '../supervisor/run-state.ts';
import { type ChildSpec, describeExit, type Running } from '../supervisor/supervised-child.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { ServiceFlags } from './options.ts';
import { followedProcess, slotsText, type WorkFlags } from './work-options.ts';

export interface StartFlags extends ServiceFlags, WorkFlags {
  host: string;
  port: number;
  workers: number;
  allowTurbulence: boolean;
  postgresPort?: number;
  logFormat: LogFormat;
  unresponsiveMs: number;
}

export interface Run {
  flags: StartFlags;
  state: RunState;
  logs: Logs;
  logger: Logger;
  supervisor: Supervisor;
  /** Resolves with the exit code when the run must end. */
  ended: Promise<number>;
  ending: boolean;
  database_url: string;
  death_prefix: readonly string[] | undefined;
  /** Which turbulence batches may ask for; undefined: none. */
  turbulence_capability: TurbulenceCapability | undefined;
  turbulence?: { stop(): Promise<void> };
}

/** A worker drains for up to 20 s. */
const WORKER_STOP_MS = 30_000;
const SERVE_STOP_MS = 10_000;
/** An orderly stop writes a checkpoint, which may be large. */
const POSTGRES_STOP_MS = 60_000;
const STAGE = { postgres: 0, serve: 1, work: 2 } as const;

/** PostgreSQL keeps its port when it restarts, so that clients find it again. */
export function postgresSpec(run: Run): ChildSpec {
  const { dataDir, postgresPort } = run.flags;
  let port = postgresPort;
  return {
    name: 'postgres',
    stage: STAGE.postgres,
    stop_ms: POSTGRES_STOP_MS,
    start: async () => {
      const log_file = join(dataDir, 'logs', 'postgres.log');
      const server = await startEmbedded({
        data_dir: join(dataDir, 'postgres'),
        port,
        reserved_port: run.flags.port,
        log_file,
      });
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

/** Runs `faultline migrate` as a child; it also ends the leases of workers that were killed. */
export async function migrate(run: Run): Promise<void> {
  const replaces = run.state.abandoned_worker_ids.join(',');
  const child = await startChild(run, 'migrate', ['migrate', '--wait'], { FAULTLINE_REPLACES: replaces });
  void run.ended.then(() => child.stop());
  const exit = await child.exited;
  if (exit.code !== 0) throw new CliError(`The database could not be prepared (${describeExit(exit)}).`);
  run.state.forgetAbandoned();
}

export function serveSpec(run: Run): ChildSpec {
  const { host, port } = run.flags;
  // Always set: the value in our own environment must not reach the child.
  const env = { FAULTLINE_TURBULENCE: run.turbulence_capability ?? '' };
  return {
    name: 'serve',
    stage: STAGE.serve,
    stop_ms: SERVE_STOP_MS,
    start: () => startChild(run, 'serve', ['serve', '--host', host, '--port', String(port)], env),
    ...unavailability(run),
  };
}

export function workSpec(run: Run, name: string): ChildSpec {
  // Worker ids of earlier runs. More than the last one, which may have died before it ended the leases of its
  // predecessor.
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
    isIntended: (exit) => exit.code === EXIT.chaos_crash,
    ...unavailability(run),
  };
}

/** A child that exits because the database is unavailable did not fail; it restarts when PostgreSQL runs. */
function unavailability(run: Run): Pick<ChildSpec, 'isBlameless' | 'ready'> {
  const postgresIsDown = () => !run.flags.databaseUrl && run.supervisor.pidOf('postgres') === undefined;
  return {
    isBlameless: (exit) => exit.code === EXIT.unavailable || postgresIsDown(),
    ready: () => run.supervisor.whenUp('postgres'),
  };
}

function startChild(run: Run, name: string, args: string[], env: Record<string, string> = {}): Promise<Running> {
  const { dataDir, app, slots, domains, unresponsiveMs } = run.flags;
  const follow = followedProcess(run.flags);
  return startNodeChild({
    name,
    args,
    logs: run.logs,
    death_prefix: run.death_prefix,
    // Migrating and seeding may take any time.
    unresponsive_ms: name === 'migrate' ? undefined : unresponsiveMs,
    env: {
      DATABASE_URL: run.database_url,
      FAULTLINE_DATA_DIR: dataDir,
      ...(app ? { FAULTLINE_APP: app } : {}),
      ...(slots ? { FAULTLINE_SLOTS: slotsText(slots) } : {}),
      ...(domains ? { FAULTLINE_DOMAINS: domains.join(',') } : {}),
      ...(follow ? { FAULTLINE_FOLLOW_PROCESS: follow } : {}),
      ...env,
    },
  });
}
