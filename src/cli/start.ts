// faultline start: PostgreSQL, the server and the workers, kept running until it is told to stop. A supervisor and nothing else.
// Promises: ready means ready, an ordered stop loses no work in flight, and nothing is left when it ends, even by SIGKILL.

import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startEmbedded } from '../db/embedded.ts';
import { isPortFree, portHolder } from '../db/embedded-lock.ts';
import { parentDeathPrefix } from '../db/embedded-native.ts';
import type { Logger } from '../model/env.ts';
import { startNodeChild } from './child.ts';
import { CliError, EXIT } from './exit.ts';
import { type LogFormat, type Logs, openLogs } from './logs.ts';
import { openRunState, type RunState } from './run-state.ts';
import { onStopSignals } from './signals.ts';
import { type ChildSpec, createSupervisor, describeExit, type Running, type Supervisor } from './supervise.ts';
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
  postgres_port?: number;
  app?: string;
  log_format: LogFormat;
  /** The id of a process whose every step is logged, or `all`. */
  follow_process?: string;
}

interface Run {
  options: StartOptions;
  state: RunState;
  logs: Logs;
  logger: Logger;
  supervisor: Supervisor;
  /** Resolves when the run is to end, with the exit code. */
  ended: Promise<number>;
  database_url: string;
  death_prefix: readonly string[] | undefined;
}

/** What a worker may take to drain (20 s), and a little more. */
const WORKER_STOP_MS = 30_000;
const SERVE_STOP_MS = 10_000;
/** A clean stop writes a checkpoint, which may be large. */
const POSTGRES_STOP_MS = 60_000;
const STAGE = { postgres: 0, serve: 1, work: 2 } as const;
const STILL_WAITING_MS = 10_000;

/** Runs until SIGINT, SIGTERM or SIGHUP, or until a child cannot be kept alive. Resolves with the exit code. */
export async function start(options: StartOptions): Promise<number> {
  const data_dir = resolve(options.data_dir);
  await refuseTakenPort(options.port);
  const state = openRunState(data_dir);
  const logs = openLogs(join(data_dir, 'logs'), options.log_format);
  const logger = logs.logger('start');
  const { ended, end } = theEnd();
  const supervisor = createSupervisor({
    logger,
    onStarted: state.setChild,
    onGiveUp: (name, reason) => {
      logger.error({}, `Giving up: ${reason}. Its log: ${join(data_dir, 'logs', `${name}.log`)}`);
      end(EXIT.gave_up);
    },
  });
  endOnSignals(supervisor, logger, end);
  const database_url = options.database_url ?? '';
  const death_prefix = await parentDeathPrefix('KILL');
  const run = { options: { ...options, data_dir }, state, logs, logger, supervisor, ended, database_url, death_prefix };
  const code = await untilEnd(run, end);
  await logs.close();
  return code;
}

async function untilEnd(run: Run, end: (code: number) => void): Promise<number> {
  let ending = false;
  const starting = bringUp(run).catch((error: Error) => {
    if (ending) return;
    run.logger.error({}, error.message);
    end(error instanceof CliError ? error.exit_code : EXIT.failed);
  });
  const code = await run.ended;
  ending = true;
  await run.supervisor.stop();
  await starting;
  run.state.clear();
  run.logger.info({}, 'Faultline has stopped');
  return code;
}

function theEnd(): { ended: Promise<number>; end: (code: number) => void } {
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

function endOnSignals(supervisor: Supervisor, logger: Logger, end: (code: number) => void): void {
  onStopSignals({
    first: (signal) => {
      logger.info({}, `${signal}: finishing what is in flight, then stopping (again to stop at once)`);
      end(EXIT.ok);
    },
    again: () => {
      supervisor.kill();
      process.exit(EXIT.interrupted);
    },
  });
}

async function refuseTakenPort(port: number): Promise<void> {
  if (await isPortFree(port)) return;
  const holder = portHolder(port);
  const who = holder ? `${holder.name} with pid ${holder.pid}` : 'another program';
  throw new CliError(`Port ${port} is taken by ${who}. Stop that, or choose another with --port.`);
}

async function bringUp(run: Run): Promise<void> {
  const { options, supervisor, logger } = run;
  if (!options.database_url) await supervisor.add(postgresSpec(run));
  await migrate(run);
  await supervisor.add(serveSpec(run));
  for (let n = 1; n <= options.workers; n++) await supervisor.add(workSpec(run, n));
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${options.port}`;
  if (await untilReady(run, url)) logger.info({}, `Faultline is ready: ${url}  (Ctrl-C stops it)`);
}

/** PostgreSQL keeps its port from start to start, so that those who hold its address find it again. */
function postgresSpec(run: Run): ChildSpec {
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
async function migrate(run: Run): Promise<void> {
  const replaces = run.state.abandoned_worker_ids.join(',');
  const child = await startChild(run, 'migrate', ['migrate', '--wait'], { FAULTLINE_REPLACES: replaces });
  void run.ended.then(() => child.stop());
  const exit = await child.exited;
  if (exit.code !== 0) throw new CliError(`The database could not be prepared (${describeExit(exit)}).`);
  run.state.forgetAbandoned();
}

function serveSpec(run: Run): ChildSpec {
  const { host, port } = run.options;
  return {
    name: 'serve',
    stage: STAGE.serve,
    stop_ms: SERVE_STOP_MS,
    start: () => startChild(run, 'serve', ['serve', '--host', host, '--port', String(port)]),
    ...patience(run),
  };
}

function workSpec(run: Run, n: number): ChildSpec {
  const name = `work-${n}`;
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

/** True when the server says that it is ready; false when the run ends first. */
async function untilReady(run: Run, url: string): Promise<boolean> {
  let ended = false;
  void run.ended.then(() => {
    ended = true;
  });
  let told_ms = performance.now();
  while (!ended) {
    const state = await readiness(`${url}/api/v1/health/ready`);
    if (state === 'ready') return true;
    if (performance.now() - told_ms > STILL_WAITING_MS) {
      told_ms = performance.now();
      run.logger.warn({}, `Still not ready: ${state}`);
    }
    await pause(50);
  }
  return false;
}

async function readiness(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return answer.status === 200 ? 'ready' : `${answer.status} ${await answer.text()}`;
  } catch (error) {
    return `no answer (${(error as Error).message})`;
  }
}
