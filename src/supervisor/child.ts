// Both ends of a supervised Node process: how the supervisor starts it, and how it exits when the supervisor is gone.
// A child never outlives its supervisor, and one whose event loop is blocked is killed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { giveSigns, watchLife } from '../model/liveness.ts';
import type { Logs } from './logs.ts';
import type { Exit, Running } from './supervised-child.ts';

export interface NodeChildOptions {
  name: string;
  /** Verb and options of the command line. */
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  logs: Logs;
  /** From `parentDeathPrefix('KILL')`. */
  death_prefix: readonly string[] | undefined;
  /** Kills the child after this long without a sign of life; undefined: never. */
  unresponsive_ms?: number;
}

/** A message of the child to its supervisor. */
type Sign = 'alive' | 'working';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const INFO_LEVEL = 30;
const ERROR_LEVEL = 50;

/** Starts `faultline <args>` as a child. Its output goes to the logs under its name. */
export async function startNodeChild(options: NodeChildOptions): Promise<Running> {
  const line = [...(options.death_prefix ?? []), process.execPath, MAIN, ...options.args];
  const [command = process.execPath, ...args] = line;
  // Detached: a Ctrl-C in the terminal must reach the supervisor alone, which stops its children in order.
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env, FAULTLINE_SUPERVISED: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  let worked = false;
  let reason: string | undefined;
  const watch =
    options.unresponsive_ms === undefined
      ? undefined
      : watchLife({
          silent_ms: options.unresponsive_ms,
          loading_ms: LOADING_MS,
          onSilent: (ms) => {
            reason = `killed after ${Math.round(ms / 1_000)} s without a sign of life: its event loop was blocked, or it was suspended`;
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
      if (code !== 0 && signal === null) reason ??= options.logs.lastError(options.name);
      done({ code, signal, ...(reason !== undefined && { reason }) });
    });
  });
  child.on('error', () => {});
  await once(child, 'spawn');
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

const PARENT_CHECK_MS = 1_000;
/** Loading takes a second or two, and much longer where many children start at once or the application is large. */
const LOADING_MS = 60_000;

/** In a supervised process: reports that it has begun to work. */
export function reportWorking(): void {
  send('working');
}

function send(sign: Sign): void {
  // liveUnderSupervisor ends the process when the channel is gone.
  if (process.connected) process.send?.(sign, undefined, undefined, () => {});
}

/** In a supervised process: sends signs of life, and exits when the supervisor is gone. Elsewhere it does nothing. */
export function liveUnderSupervisor(): void {
  if (process.env.FAULTLINE_SUPERVISED !== '1') return;
  const leave = () => process.exit(1);
  if (process.send) {
    if (!process.connected) leave();
    process.once('disconnect', leave);
    giveSigns(() => send('alive'));
    // The channel must not keep the process alive.
    process.channel?.unref();
  }
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && leave(), PARENT_CHECK_MS).unref();
}
