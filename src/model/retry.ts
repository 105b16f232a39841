// Retry arithmetic: which delay follows a failed attempt, and whether one is left.
// Pure; the policy stands on the command row, so every worker decides alike.

export interface RetryPolicy {
  /** 1-100 attempts before the troubleshooting queue. */
  max_attempts: number;
  /** 1-20 delays of 0-86,400,000 ms; the last one repeats. */
  backoff_ms: number[];
  /** 0-100 (0): by how many percent of it, at most, a delay is shortened, so that what failed together does not come back together. */
  jitter_pct?: number;
}

export const DEFAULT_RETRY: RetryPolicy = { max_attempts: 3, backoff_ms: [10_000, 60_000, 300_000] };
export const DEFAULT_LEASE_MS = 30_000;
/** How often an attempt may be terminated by a lost lease before the command is taken for poison. */
export const MAX_LEASE_LOSSES = 10;
/** So many lost leases are nobody's fault: redelivered at once. */
const INNOCENT_LOSSES = 2;
const SPREAD_MS = { first: 1_000, most: 60_000 };

/**
 * Delay in ms after an attempt that lost its lease for the n-th time. From the third time on a random part of a growing span:
 * a command that kills its worker takes the leases of all that were claimed with it, and claimed together again they would all
 * meet the limit. Spread out, the others find a worker without it.
 */
export function lossDelay(losses: number, random: number): number {
  if (losses <= INNOCENT_LOSSES) return 0;
  return Math.round(random * Math.min(SPREAD_MS.first * 2 ** (losses - INNOCENT_LOSSES - 1), SPREAD_MS.most));
}

/**
 * The round of an attempt: attempts that count since the last operator retry.
 * Interruptions raise `attempts_limit`, so they do not move the round on.
 */
export function retryRound(command: { attempts: number; attempts_limit: number; max_attempts: number }): number {
  return command.attempts - (command.attempts_limit - command.max_attempts);
}

/** Delay in ms before the next attempt: `backoff_ms[min(round, n) - 1]`. */
export function retryDelay(round: number, backoff_ms: readonly number[]): number {
  const index = Math.min(Math.max(round, 1), backoff_ms.length) - 1;
  return backoff_ms[index] ?? 0;
}

/** The delay shortened by at most `jitter_pct` percent of it, by a uniform `draw` in [0,1). Whole ms. */
export function withJitter(delay_ms: number, jitter_pct: number | undefined, draw: number): number {
  return Math.round(delay_ms * (1 - ((jitter_pct ?? 0) / 100) * draw));
}
