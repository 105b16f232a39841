// The only ambient things: timers, random numbers, ids, the logger, and named crash points.
// Passed in everywhere, so tests and chaos share one seam with production.

import { createHash, randomBytes } from 'node:crypto';

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Points at which a test may wait or kill the process; a no-op in production. */
export type ProbePoint =
  | 'before_claim'
  | 'after_claim'
  | 'before_handler'
  | 'after_handler'
  | 'before_settle'
  | 'in_settle'
  | 'after_settle'
  | 'in_transition'
  | 'in_reap'
  | 'in_chunk'
  | 'after_chunk'
  | 'in_operator_verb'
  | 'in_cancel'
  | 'in_deadline'
  | 'in_job_slice'
  | 'in_prune_slice'
  | 'in_finish';

export interface Timer {
  clear(): void;
}

export interface Env {
  /** Monotonic milliseconds of this process; never written anywhere. */
  monotonicMs(): number;
  /** Calls back once after `ms`; `unref` timers do not keep the process alive. */
  after(ms: number, callback: () => void, options?: { unref?: boolean }): Timer;
  /** A uniform draw in [0,1). Not for chaos, whose rolls are seeded. */
  random(): number;
  /** A uuid v7 whose lane is `lane` of `lanes`. */
  newId(lane?: number, lanes?: number): string;
  logger: Logger;
  probe(point: ProbePoint, context?: object): void | Promise<void>;
}

const MAX_TIMEOUT_MS = 2_147_483_647;

export function createEnv(logger: Logger, overrides: Partial<Env> = {}): Env {
  return {
    monotonicMs: () => performance.now(),
    after: (ms, callback, { unref = false } = {}) => {
      const timer = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_TIMEOUT_MS));
      if (unref) timer.unref();
      return { clear: () => clearTimeout(timer) };
    },
    random: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    newId,
    logger,
    probe: () => {},
    ...overrides,
  };
}

/** Resolves after `ms`, or when the signal aborts; nothing is left on a signal that lives longer. */
export function waitFor(env: Env, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = env.after(ms, done);
    signal?.addEventListener('abort', done);
    function done() {
      timer.clear();
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}

export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The lane of an id: XOR of its 16 bytes mod `lanes`. */
export function laneOf(id: string, lanes: number): number {
  if (lanes === 1) return 0;
  const hex = id.replaceAll('-', '');
  let x = 0;
  for (let i = 0; i < 32; i += 2) x ^= Number.parseInt(hex.slice(i, i + 2), 16);
  return x % lanes;
}

let lastMs = 0;
let counter = 0;
// Random bytes are drawn in blocks: one system call per id costs more than the rest of the id.
let pool = Buffer.alloc(0);
let poolAt = 0;

/**
 * A uuid v7 (RFC 9562): 48 bits of milliseconds, 12 bits of counter within the millisecond, 62 random bits.
 * The last byte is chosen so that `laneOf(id, lanes) === lane`.
 */
export function newId(lane = 0, lanes = 1): string {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    counter = 0;
  } else if (++counter > 0xfff) {
    lastMs++;
    counter = 0;
  }
  if (poolAt + 8 > pool.length) {
    pool = randomBytes(8192);
    poolAt = 0;
  }
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  pool.copy(bytes, 8, poolAt, poolAt + 8);
  poolAt += 8;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return withLane(bytes, lane, lanes);
}

/** The id of these bytes, the last one chosen for the lane. */
function withLane(bytes: Buffer, lane: number, lanes: number): string {
  if (lanes > 1) {
    let x = 0;
    for (let i = 0; i < 15; i++) x ^= bytes[i] as number;
    // Any byte b with (x ^ b) % lanes === lane will do; keep the random high part of it.
    const high = (bytes[15] as number) ^ x;
    const target = high - (high % lanes) + lane;
    bytes[15] = (target > 255 ? target - lanes : target) ^ x;
  }
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Ordinals that a `deterministicId` can hold. */
const MAX_MEMBERS = 2 ** 18;

/**
 * The id of the n-th member of something that has a time-ordered id: always the same, in the wanted lane, and in the order of the
 * ordinals, so that members made together lie together. A uuid (version 8) of the owner's time, the ordinal, and a hash of both.
 */
export function deterministicId(owner_id: string, ordinal: number, lane = 0, lanes = 1): string {
  if (!(ordinal >= 0 && ordinal < MAX_MEMBERS)) throw new RangeError(`No member ${ordinal}.`);
  const bytes = createHash('sha256').update(`${owner_id}\0${ordinal}`).digest().subarray(0, 16);
  bytes.write(owner_id.replaceAll('-', '').slice(0, 12), 0, 'hex');
  bytes.writeUInt16BE(0x8000 | (ordinal >> 6), 6);
  bytes[8] = 0x80 | (ordinal & 0x3f);
  return withLane(bytes, lane, lanes);
}

/** A name-based uuid (version 8, SHA-256): the same parts give the same id. Its lane is what it is. */
export function idOf(...parts: string[]): string {
  const bytes = createHash('sha256').update(parts.join('\0')).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
