// faultline start: runs PostgreSQL, the server and the workers until it is asked to stop. It only supervises.
// An orderly stop loses no work in progress, and no child outlives it, not even after SIGKILL.

import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { allowedTurbulence } from '../chaos/turbulence.ts';
import { isPortFree, portHolder } from '../embedded/holders.ts';
import { parentDeathPrefix } from '../embedded/native.ts';
import type { Logger } from '../model/env.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { Logs } from '../supervisor/logs.ts';
import { RunState } from '../supervisor/run-state.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { startTurbulence } from '../supervisor/turbulence.ts';
import { explain } from './explain.ts';
import { appOption, databaseUrlOption, dataDirOption, hostOption, port, portOption, within } from './options.ts';
import { onStopSignals } from './signals.ts';
import { migrate, postgresSpec, type Run, type StartFlags, serveSpec, workSpec } from './start-children.ts';
import { withWorkOptions } from './work-options.ts';

export function register(program: Command): void {
  withWorkOptions(
    program
      .command('start')
      .description('run everything: PostgreSQL, the server with its page, and workers')
      .addOption(portOption())
      .addOption(hostOption())
      .addOption(dataDirOption())
      .addOption(
        new Option('--workers <number>', 'worker processes')
          .env('FAULTLINE_WORKERS')
          .default(2)
          .argParser(within({ min: 0, max: 64 })),
      ),
  )
    .addOption(databaseUrlOption('PostgreSQL 15 or newer to use instead of the embedded one'))
    .addOption(
      new Option(
        '--allow-turbulence [yes]',
        'let batches kill workers, and end connections to the database of --database-url',
      )
        .env('FAULTLINE_ALLOW_TURBULENCE')
        .preset('yes')
        .default(false)
        .argParser(yesOrNo),
    )
    .addOption(
      new Option('--postgres-port <number>', 'port of the embedded PostgreSQL (default: that of the last start)')
        .env('FAULTLINE_POSTGRES_PORT')
        .argParser(port),
    )
    .addOption(unresponsiveOption())
    .addOption(appOption())
    .addOption(
      new Option('--log-format <format>', 'what the terminal shows').choices(['pretty', 'json']).default('pretty'),
    )
    .action(async (flags) => {
      process.exitCode = await start(flags);
    });
}

export const unresponsiveOption = () =>
  new Option('--unresponsive-ms <number>', 'replace the server or a worker after this long without a sign of life')
    .env('FAULTLINE_UNRESPONSIVE_MS')
    .default(10_000)
    // Signs come every second: a late one must not count as missing.
    .argParser(within({ min: 3_000, max: 3_600_000 }));

/** In the environment, `0` and an empty text mean no. */
function yesOrNo(text: string): boolean {
  if (/^(1|true|yes)$/i.test(text)) return true;
  if (/^(0|false|no|)$/i.test(text)) return false;
  throw new InvalidArgumentError('It must be yes or no.');
}

const STILL_WAITING_MS = 10_000;

/** Runs until SIGINT, SIGTERM or SIGHUP, or until a child cannot be kept alive. Resolves with the exit code. */
async function start(flags: StartFlags): Promise<number> {
  const dataDir = resolve(flags.dataDir);
  await assertPortFree(flags.port);
  const state = new RunState(dataDir, (error) =>
    logger.error({ err: error }, 'run.json cannot be written; the processes continue'),
  );
  const logs = new Logs(join(dataDir, 'logs'), flags.logFormat);
  const logger = logs.logger('start');
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((done) => {
    end = done;
  });
  const supervisor = new Supervisor({
    logger,
    onStarted: (name, pid) => state.setChild(name, pid),
    onGiveUp: (name, reason) => {
      logger.error({}, `Giving up: ${reason}. Its log: ${join(dataDir, 'logs', `${name}.log`)}`);
      end(EXIT.gave_up);
    },
  });
  endOnSignals(supervisor, logger, end);
  const run: Run = {
    flags: { ...flags, dataDir },
    state,
    logs,
    logger,
    supervisor,
    ended,
    ending: false,
    database_url: flags.databaseUrl ?? '',
    death_prefix: await parentDeathPrefix('KILL'),
    turbulence_capability: !flags.databaseUrl ? 'embedded' : flags.allowTurbulence ? 'allowed' : undefined,
  };
  const starting = bringUp(run).catch((error: Error) => {
    if (run.ending) return;
    logger.error({}, explain(error));
    end(error instanceof CliError ? error.exit_code : EXIT.failed);
  });
  const code = await ended;
  run.ending = true;
  await run.turbulence?.stop();
  await supervisor.stop();
  await starting;
  state.clear();
  logger.info({}, 'Faultline has stopped');
  logs.close();
  return code;
}

function endOnSignals(supervisor: Supervisor, logger: Logger, end: (code: number) => void): void {
  onStopSignals({
    first: (signal) => {
      logger.info({}, `${signal}: finishing work in progress, then stopping (repeat to stop at once)`);
      end(EXIT.ok);
    },
    again: () => {
      supervisor.kill();
      process.exit(EXIT.interrupted);
    },
  });
}

async function assertPortFree(wanted: number): Promise<void> {
  if (await isPortFree(wanted)) return;
  const holder = portHolder(wanted);
  const who = holder ? `${holder.name} with pid ${holder.pid}` : 'another program';
  throw new CliError(`Port ${wanted} is taken by ${who}. Stop that, or choose another with --port.`);
}

async function bringUp(run: Run): Promise<void> {
  const { flags, supervisor, logger } = run;
  if (!flags.databaseUrl) await supervisor.add(postgresSpec(run));
  await migrate(run);
  await supervisor.add(serveSpec(run));
  const workers = Array.from({ length: flags.workers }, (_, index) => `work-${index + 1}`);
  for (const name of workers) await supervisor.add(workSpec(run, name));
  const allowed = allowedTurbulence(run.turbulence_capability);
  if (allowed.length > 0 && !run.ending) {
    run.turbulence = startTurbulence({ database_url: run.database_url, allowed, workers, supervisor, logger });
  }
  const url = `http://${flags.host.includes(':') ? `[${flags.host}]` : flags.host}:${flags.port}`;
  if (await untilReady(run, url)) logger.info({}, `Faultline is ready: ${url}  (Ctrl-C stops it)`);
}

/** True when the server is ready, false when the run ends first. */
async function untilReady(run: Run, url: string): Promise<boolean> {
  let logged_ms = performance.now();
  while (!run.ending) {
    const state = await readiness(`${url}/api/v1/health/ready`);
    if (state === 'ready') return true;
    if (performance.now() - logged_ms > STILL_WAITING_MS) {
      logged_ms = performance.now();
      run.logger.warn({}, `Still not ready: ${state}`);
    }
    await sleep(50);
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
