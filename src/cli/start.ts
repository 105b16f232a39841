// faultline start: PostgreSQL, the server and the workers, kept running until it is told to stop. A supervisor and nothing else.
// Promises: ready means ready, an ordered stop loses no work in flight, and nothing is left when it ends, even by SIGKILL.

import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { allowedTurbulence } from '../chaos/turbulence.ts';
import { isPortFree, portHolder } from '../embedded/lock.ts';
import { parentDeathPrefix } from '../embedded/native.ts';
import type { Logger } from '../model/env.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { openLogs } from '../supervisor/logs.ts';
import { openRunState } from '../supervisor/run-state.ts';
import { createSupervisor, type Supervisor } from '../supervisor/supervise.ts';
import { startTurbulence } from '../supervisor/turbulence.ts';
import { explain } from './explain.ts';
import { onStopSignals } from './signals.ts';
import { migrate, postgresSpec, type Run, type StartOptions, serveSpec, workSpec } from './start-children.ts';

const STILL_WAITING_MS = 10_000;

/** Runs until SIGINT, SIGTERM or SIGHUP, or until a child cannot be kept alive. Resolves with the exit code. */
export async function start(options: StartOptions): Promise<number> {
  const data_dir = resolve(options.data_dir);
  await refuseTakenPort(options.port);
  const state = openRunState(data_dir, (error) =>
    logger.error({ err: error }, 'Which processes run cannot be written down; they go on'),
  );
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
  const run: Run = {
    options: { ...options, data_dir },
    state,
    logs,
    logger,
    supervisor,
    ended,
    ending: false,
    database_url,
    death_prefix,
    turbulence_capability: !options.database_url ? 'embedded' : options.allow_turbulence ? 'allowed' : undefined,
  };
  const code = await untilEnd(run, end);
  logs.close();
  return code;
}

async function untilEnd(run: Run, end: (code: number) => void): Promise<number> {
  const starting = bringUp(run).catch((error: Error) => {
    if (run.ending) return;
    run.logger.error({}, explain(error));
    end(error instanceof CliError ? error.exit_code : EXIT.failed);
  });
  const code = await run.ended;
  run.ending = true;
  await run.turbulence?.stop();
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
  const workers = Array.from({ length: options.workers }, (_, index) => `work-${index + 1}`);
  for (const name of workers) await supervisor.add(workSpec(run, name));
  disturb(run, workers);
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${options.port}`;
  if (await untilReady(run, url)) logger.info({}, `Faultline is ready: ${url}  (Ctrl-C stops it)`);
}

/** From here on batches are disturbed as they ask for it, where that may be. */
function disturb(run: Run, workers: readonly string[]): void {
  const allowed = allowedTurbulence(run.turbulence_capability);
  if (allowed.length === 0 || run.ending) return;
  const { database_url, supervisor, logger } = run;
  run.turbulence = startTurbulence({ database_url, allowed, workers, supervisor, logger });
}

/** True when the server says that it is ready; false when the run ends first. */
async function untilReady(run: Run, url: string): Promise<boolean> {
  let told_ms = performance.now();
  while (!run.ending) {
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
