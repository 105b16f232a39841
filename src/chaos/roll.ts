// Seeded rolls: one draw in [0,1) per seed, key, step, attempt and fault, the same on every machine and forever. Pure.

import { hash } from 'node:crypto';

/** The source of the rolls of one attempt. */
export interface RollSource {
  /** The seed of the batch; else the process or command id. */
  seed: string;
  /** The ordinal in its batch, from 0; else the process or command id. */
  key: string | number;
  /** The step with its visit (`query`, `query#2`); for a standalone command its type. */
  step: string;
  /** The number of the attempt, from 1. */
  attempt: number;
}

/**
 * One draw in [0,1): the first 53 bits, big-endian, of SHA-256("{seed}:{key}:{step}:{attempt}:{fault}"), over 2^53.
 * 53 bits are what a double holds exactly. `fault` is the name of a fault, or `duration`.
 */
export function roll(seed: string, key: string | number, step: string, attempt: number, fault: string): number {
  // A binary digest in one call is a third faster than a hexadecimal one, and 5 times as fast as a Hash object.
  const digest = hash('sha256', `${seed}:${key}:${step}:${attempt}:${fault}`, 'binary');
  const first32 = (digest.charCodeAt(0) * 2 ** 24 + threeBytes(digest, 1)) >>> 0;
  const next21 = (digest.charCodeAt(4) * 2 ** 24 + threeBytes(digest, 5)) >>> 11;
  return (first32 * 2 ** 21 + next21) / 2 ** 53;
}

function threeBytes(bytes: string, at: number): number {
  return (bytes.charCodeAt(at) << 16) | (bytes.charCodeAt(at + 1) << 8) | bytes.charCodeAt(at + 2);
}

/** Whether a fault of `pct` percent hits on this draw: never at 0, always at 100. */
export function hits(pct: number, draw: number): boolean {
  return draw * 100 < pct;
}
