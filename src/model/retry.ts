// Retry arithmetic: the delay after a failed attempt, after a lost lease, and after internal failures.
// Pure; the policy is stored on the command row, so every worker decides in the same way.

export interface RetryPolicy {
  /** 1-100 attempts before the troubleshooting queue. */
  max_attempts: number;
  /** 1-20 delays of 0-86,400,000 ms; the last one repeats. */
  backoff_ms: number[];
  /**
   * 0-100 (0): shortens each delay by up to this percentage, so that commands that failed together do not return
   * together.
   */
  jitter_pct?: number;
}

export const DEFAULT_RETRY: RetryPolicy = { max_attempts: 3, backoff_ms: [10_000, 60_000, 300_000] };
export const DEFAULT_LEASE_MS = 30_000;
/** Lost leases after which a command counts as poison. */
export const MAX_LEASE_LOSSES = 10;
/** Losses up to this number are redelivered at once. */
const INNOCENT_LOSSES = 2;
const SPREAD_MS = { first: 1_000, max: 60_000 };

/** The n-th delay, from 0: `first` doubled n times, at most `max`. */
export function backoff(n: number, { first, max }: { first: number; max: number }): number {
  return Math.min(first * 2 ** n, max);
}

/**
 * Delay in ms after the n-th lost lease. From the third on a random part of a growing span: a command that kills its
 * worker takes down every command claimed with it. Spreading them out lets the others find a worker without it.
 */
export function lossDelay(losses: number, random: number): number {
  if (losses <= INNOCENT_LOSSES) return 0;
  return Math.round(random * backoff(losses - INNOCENT_LOSSES - 1, SPREAD_MS));
}

/**
 * The round of an attempt: attempts that count since the last operator retry.
 * Interruptions raise `attempts_limit`, so they do not advance the round.
 */
export function retryRound(command: { attempts: number; attempts_limit: number; max_attempts: number }): number {
  return command.attempts - (command.attempts_limit - command.max_attempts);
}

/** Delay in ms before the next attempt: `backoff_ms[min(round, n) - 1]`. */
export function retryDelay(round: number, backoff_ms: readonly number[]): number {
  return backoff_ms[Math.min(Math.max(round, 1), backoff_ms.length) - 1] ?? 0;
}

/** The delay shortened by at most `jitter_pct` percent, by a uniform `draw` in [0,1). Whole ms. */
export function withJitter(delay_ms: number, jitter_pct: number | undefined, draw: number): number {
  return Math.round(delay_ms * (1 - ((jitter_pct ?? 0) / 100) * draw));
}
