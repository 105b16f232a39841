// Ids: time-ordered uuids, ids derived from what they name, and the lane that an id encodes.
// The lane of a row follows from its id alone.

import { createHash, randomBytes } from 'node:crypto';

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

/** The id of these bytes, with the last one chosen for the lane. */
function withLane(bytes: Buffer, lane: number, lanes: number): string {
  if (lanes > 1) {
    let x = 0;
    for (let i = 0; i < 15; i++) x ^= bytes[i] as number;
    // Any byte b with (x ^ b) % lanes === lane will do; keep the random high part of it.
    const high = (bytes[15] as number) ^ x;
    const target = high - (high % lanes) + lane;
    bytes[15] = (target > 255 ? target - lanes : target) ^ x;
  }
  return uuidOf(bytes);
}

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Ordinals that a `deterministicId` can hold. */
const MAX_MEMBERS = 2 ** 18;

/**
 * The id of the n-th member of an owner with a time-ordered id: always the same, in the given lane, and ordered by
 * ordinal, so that members made together are stored together. A uuid (version 8) of the owner's time, the ordinal, and
 * a hash of both.
 */
export function deterministicId(owner_id: string, ordinal: number, lane = 0, lanes = 1): string {
  if (!(ordinal >= 0 && ordinal < MAX_MEMBERS)) throw new RangeError(`No member ${ordinal}.`);
  const bytes = createHash('sha256').update(`${owner_id}\0${ordinal}`).digest().subarray(0, 16);
  bytes.write(owner_id.replaceAll('-', '').slice(0, 12), 0, 'hex');
  bytes.writeUInt16BE(0x8000 | (ordinal >> 6), 6);
  bytes[8] = 0x80 | (ordinal & 0x3f);
  return withLane(bytes, lane, lanes);
}

/** A name-based uuid (version 8, SHA-256): the same parts give the same id. In no particular lane. */
export function idOf(...parts: string[]): string {
  const bytes = createHash('sha256').update(parts.join('\0')).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return uuidOf(bytes);
}

/** The lowest id that can be made at a moment, in ms since 1970. */
export function firstIdAt(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** Groups items by their lane. */
export function byLane<T>(items: readonly T[], lane: (item: T) => number): Map<number, T[]> {
  const lanes = new Map<number, T[]>();
  for (const item of items) {
    const key = lane(item);
    const group = lanes.get(key);
    if (group) group.push(item);
    else lanes.set(key, [item]);
  }
  return lanes;
}
