// Waits until a data folder is free, and finds the process that holds a folder or a port.
// The lock of a killed server is removed; a live server is reported by pid.

import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { allPids, processName, processState, signalProcess, workingFolder } from './host-processes.ts';
import { EmbeddedPostgresError } from './native.ts';

const POLL_MS = 50;
/** A killed postmaster remains visible until its parent or PID 1 reaps it: 0.75-1.75 s were measured. */
const ZOMBIE_MS = 3_000;
/** A server notices only after a moment that its parent was killed. */
const LIVE_MS = 1_500;
/** A server that shuts down writes a checkpoint first. */
const STOPPING_MS = 60_000;
/** Backends notice the death of their postmaster at their next wait; busy ones are sent SIGQUIT. */
const BACKEND_GRACE_MS = 1_000;
const BACKEND_QUIT_MS = 4_000;

/** Waits until no server uses `cluster`. @throws EmbeddedPostgresError EMBEDDED_FOLDER_IN_USE if one continues to */
export async function awaitFolderFree(cluster: string): Promise<void> {
  const began = performance.now();
  for (;;) {
    const holder = readHolder(cluster);
    if (!holder) break;
    const waited_ms = performance.now() - began;
    if (waited_ms > maxWaitMs(holder)) {
      if (!holder.zombie) throw folderInUse(cluster, holder.pid);
      // It is never reaped (a container without an init), and PostgreSQL would mistake it for a live server.
      rmSync(join(cluster, 'postmaster.pid'), { force: true });
      break;
    }
    await pause(POLL_MS);
  }
  await awaitBackendsGone(cluster);
}

function maxWaitMs(holder: Holder): number {
  if (holder.zombie) return ZOMBIE_MS;
  return holder.stopping ? STOPPING_MS : LIVE_MS;
}

/** The shared memory of a server without postmaster blocks the next one until the last backend is gone. */
async function awaitBackendsGone(cluster: string): Promise<void> {
  const began = performance.now();
  for (;;) {
    const [pid] = pidsIn(cluster);
    if (pid === undefined) return;
    const waited_ms = performance.now() - began;
    if (waited_ms > BACKEND_GRACE_MS) for (const left of pidsIn(cluster)) signalProcess(left, 'SIGQUIT');
    if (waited_ms > BACKEND_QUIT_MS) throw folderInUse(cluster, pid);
    await pause(POLL_MS);
  }
}

export function folderInUse(cluster: string, pid: number | undefined): EmbeddedPostgresError {
  const who = pid === undefined ? 'another PostgreSQL' : `PostgreSQL with pid ${pid}`;
  const what = pid === undefined ? 'Stop it' : `Stop what started it (or: kill -INT ${pid})`;
  return new EmbeddedPostgresError(
    'EMBEDDED_FOLDER_IN_USE',
    `The data folder ${cluster} is in use by ${who}. ${what}, or choose another --data-dir.`,
  );
}

interface Holder {
  pid: number;
  zombie: boolean;
  stopping: boolean;
}

/** The process named in postmaster.pid, unless it is provably no server of this cluster. */
function readHolder(cluster: string): Holder | undefined {
  const path = join(cluster, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Number(lines[0]);
  // This account can signal the server of its cluster, so a process that it cannot signal is none.
  if (!Number.isInteger(pid) || pid <= 0 || signalProcess(pid, 0) !== 'sent') return undefined;
  const zombie = processState(pid) === 'Z';
  if (!zombie && isOther(pid, cluster)) {
    // The pid was reused, as after a restart of the machine or container.
    rmSync(path, { force: true });
    return undefined;
  }
  return { pid, zombie, stopping: lines[7]?.trim() === 'stopping' };
}

/** True if the process works in another folder or, if that is unknown, is no PostgreSQL. */
function isOther(pid: number, cluster: string): boolean {
  const folder = workingFolder(pid);
  if (folder !== undefined) return folder !== realpathSync(cluster);
  return !/^postgres/.test(processName(pid) ?? 'postgres');
}

/** Live processes whose working folder is `cluster`, as for every process of its server. Linux only. */
function pidsIn(cluster: string): number[] {
  const folder = realpathSync(cluster);
  return allPids().filter((pid) => workingFolder(pid) === folder && processState(pid) !== 'Z');
}

/** True if a server can listen on 127.0.0.1:`port`. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A free port below the range of outgoing connections, so that it is probably free at the next start too. Never `reserved`. */
export async function findFreePort(reserved?: number): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (port !== reserved && (await isPortFree(port))) return port;
  }
  throw new EmbeddedPostgresError(
    'EMBEDDED_PORT_TAKEN',
    'No free port was found for PostgreSQL between 20000 and 32000.',
  );
}

/** The process that listens on `port`, if visible. Linux only. */
export function portHolder(port: number): { pid: number; name: string } | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const pid of allPids()) {
    if (socketsOf(pid).some((inode) => inodes.has(inode))) return { pid, name: processName(pid) ?? 'unknown' };
  }
  return undefined;
}

function listeningInodes(port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text = '';
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      continue;
    }
    for (const line of text.split('\n')) {
      // Columns: number, local address, remote address, state (0A is LISTEN), queues, timer, retransmits, uid, timeout,
      // inode.
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === '0A' && local?.endsWith(`:${hex}`) && inode) inodes.add(inode);
    }
  }
  return inodes;
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
