// Both ends of a supervised node process: how the supervisor starts it, and how it leaves when the supervisor is gone.
// Promises that a child never outlives its supervisor, however that ends, and that one whose event loop stands still is ended.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { giveSigns, watchLife } from '../model/liveness.ts';
import type { Logs } from './logs.ts';
import type { Exit, Running } from './supervise.ts';

export interface NodeChildOptions {
  name: string;
  /** The verb and options of the command line. */
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  logs: Logs;
  /** From `parentDeathPrefix('KILL')`. */
  death_prefix: readonly string[] | undefined;
  /** It is killed when it gives no sign of life for so long; left out: it is not watched. */
  unresponsive_ms?: number;
}

/** What a child tells its supervisor. */
type Sign = 'alive' | 'working';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const INFO_LEVEL = 30;
const ERROR_LEVEL = 50;

/** Starts `faultline <args>` as a child. What it writes goes to the logs under its name. */
export async function startNodeChild(options: NodeChildOptions): Promise<Running> {
  const line = [...(options.death_prefix ?? []), process.execPath, MAIN, ...options.args];
  const [command = process.execPath, ...args] = line;
  // Detached: a Ctrl-C in the terminal is for the supervisor alone, which stops its children in order.
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env, FAULTLINE_SUPERVISED: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  let worked = false;
  let silent: string | undefined;
  const watch =
    options.unresponsive_ms === undefined
      ? undefined
      : watchLife({
          silent_ms: options.unresponsive_ms,
          loading_ms: LOADING_MS,
          onSilent: (ms) => {
            silent = `no sign of life for ${Math.round(ms / 1_000)} s, so it was killed: its code kept the event loop busy, or it was frozen`;
            child.kill('SIGKILL');
          },
        });
  child.on('message', (sign: Sign) => {
    worked ||= sign === 'working';
    watch?.sign(worked);
  });
  const exited = new Promise<Exit>((done) => {
    child.once('close', (code, signal) => {
      watch?.stop();
      done({ code, signal, ...(silent ? { reason: silent } : reasonOf(options, code, signal)) });
    });
  });
  await new Promise<void>((started, failed) => {
    child.once('spawn', started);
    child.once('error', failed);
  });
  if (child.stdout) options.logs.follow(options.name, child.stdout, INFO_LEVEL);
  if (child.stderr) options.logs.follow(options.name, child.stderr, ERROR_LEVEL);
  return {
    pid: child.pid as number,
    exited,
    worked: () => worked,
    stop: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
  };
}

function reasonOf({ name, logs }: NodeChildOptions, code: number | null, signal: string | null): { reason?: string } {
  const said = code === 0 || signal !== null ? undefined : logs.lastError(name);
  return said === undefined ? {} : { reason: said };
}

const PARENT_CHECK_MS = 1_000;
/** Loading everything takes a second or two, and much longer where many start at once or an application has much to load. */
const LOADING_MS = 60_000;

/** In a supervised process: its supervisor notes that it came as far as to do its work. */
export function tellWorking(): void {
  tell('working');
}

function tell(sign: Sign): void {
  // A channel that is gone ends the process elsewhere.
  if (process.connected) process.send?.(sign, undefined, undefined, () => {});
}

/** In a supervised process: gives signs of life, and ends it when the supervisor is gone. Does nothing in one that a person started. */
export function liveUnderSupervisor(): void {
  if (process.env.FAULTLINE_SUPERVISED !== '1') return;
  const leave = () => process.exit(1);
  if (process.send) {
    if (!process.connected) leave();
    process.once('disconnect', leave);
    giveSigns(() => tell('alive'));
    // The channel alone is no reason to stay.
    process.channel?.unref();
  }
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && leave(), PARENT_CHECK_MS).unref();
}
