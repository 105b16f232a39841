// The limits and patterns of values from callers: one table for the bus, the API, the command line and the page.
// Imports nothing, so that the page can bundle it.

export interface Range {
  min: number;
  max: number;
}

export interface Shape {
  pattern: RegExp;
  message: string;
}

const DAY_MS = 86_400_000;

/** Whole numbers, both bounds included. */
export const LIMITS = {
  max_attempts: { min: 1, max: 100 },
  /** Delays in one `backoff_ms`. */
  backoff_count: { min: 1, max: 20 },
  backoff_ms: { min: 0, max: DAY_MS },
  jitter_pct: { min: 0, max: 100 },
  lease_ms: { min: 500, max: 3_600_000 },
  /** Ten years. */
  delay_ms: { min: 0, max: 3_650 * DAY_MS },
  /** 23 days: fits an int of PostgreSQL. */
  deadline_ms: { min: 1, max: 2_000_000_000 },
  priority: { min: 0, max: 9 },
  /** Processes or commands of a batch. */
  batch_count: { min: 1, max: 100_000 },
  /** Commands in one HTTP request. */
  request_commands: { min: 1, max: 1_000 },
  /** Commands named by one job. */
  job_commands: { min: 1, max: 10_000 },
  /** Replies consumed at a time. */
  reply_count: { min: 1, max: 1_000 },
  /** Attempts in progress in a domain, over all workers. */
  max_in_flight: { min: 1, max: 100_000 },
  slots: { min: 1, max: 10_000 },
  poll_ms: { min: 10, max: 60_000 },
  drain_ms: { min: 0, max: 3_600_000 },
  prune_after_days: { min: 1, max: 36_500 },
} as const satisfies Record<string, Range>;

/** Characters. */
export const MAX_LENGTH = { label: 200, actor: 100, reason: 1_000 } as const;

export const SHAPES = {
  /** A domain or a command type. */
  name: { pattern: /^[A-Za-z0-9._:-]{1,64}$/, message: 'must be 1 to 64 of A-Z a-z 0-9 . _ : -' },
  queue: { pattern: /^[A-Za-z0-9._:-]{1,200}$/, message: 'must be 1 to 200 of A-Z a-z 0-9 . _ : -' },
  seed: { pattern: /^[A-Za-z0-9._-]{1,64}$/, message: 'must be 1 to 64 of A-Z a-z 0-9 . _ -' },
  /** The names of a process definition: its type, its domain and its steps. */
  definition: { pattern: /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, message: 'must be a name of letters, digits, _ . -' },
} as const satisfies Record<string, Shape>;

/** The range of each setting by its path; for `retry.backoff_ms` that of each delay. */
export const SETTING_BOUNDS = {
  slots: LIMITS.slots,
  poll_ms: LIMITS.poll_ms,
  drain_ms: LIMITS.drain_ms,
  'retry.max_attempts': LIMITS.max_attempts,
  'retry.backoff_ms': LIMITS.backoff_ms,
  'retry.jitter_pct': LIMITS.jitter_pct,
  lease_ms: LIMITS.lease_ms,
  'retention.prune_after_days': LIMITS.prune_after_days,
} as const;
export type SettingPath = keyof typeof SETTING_BOUNDS;

export function isWithin(value: unknown, { min, max }: Range): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

export function rangeMessage({ min, max }: Range): string {
  return `must be a whole number from ${min} to ${max}`;
}
