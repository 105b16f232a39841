// Settings that change at run time: their defaults, their bounds, and how what is stored is read.
// Pure; a value that is stored but cannot be used is as good as absent.

import type { FieldError } from './errors.ts';
import { DEFAULT_LEASE_MS, DEFAULT_RETRY, type RetryPolicy } from './retry.ts';

export interface Settings {
  /** Attempts at a time per domain and worker. */
  slots: number;
  /** How often a worker looks for work that nobody woken at. */
  poll_ms: number;
  /** How long a drain waits for attempts before it releases them. */
  drain_ms: number;
  /** For commands and batches sent without a policy of their own. */
  retry: Required<RetryPolicy>;
  lease_ms: number;
  retention: {
    /** What ended this long ago may be pruned; null: never, unless somebody says so. */
    prune_after_days: number | null;
  };
}

/** Some of the settings; null gives one back to its default. */
export interface SettingsPatch {
  slots?: number | null;
  poll_ms?: number | null;
  drain_ms?: number | null;
  retry?: { max_attempts?: number | null; backoff_ms?: number[] | null; jitter_pct?: number | null };
  lease_ms?: number | null;
  retention?: { prune_after_days?: number | null };
}

export const DEFAULT_SETTINGS: Settings = {
  slots: 100,
  poll_ms: 1_000,
  drain_ms: 20_000,
  retry: { jitter_pct: 0, ...DEFAULT_RETRY },
  lease_ms: DEFAULT_LEASE_MS,
  retention: { prune_after_days: null },
};

/** By path. For `retry.backoff_ms` those of each item; of items there are 1 to 20. */
export const SETTING_BOUNDS = {
  slots: { min: 1, max: 10_000 },
  poll_ms: { min: 10, max: 60_000 },
  drain_ms: { min: 0, max: 3_600_000 },
  'retry.max_attempts': { min: 1, max: 100 },
  'retry.backoff_ms': { min: 0, max: 86_400_000 },
  'retry.jitter_pct': { min: 0, max: 100 },
  lease_ms: { min: 500, max: 3_600_000 },
  'retention.prune_after_days': { min: 1, max: 36_500 },
} as const;
export type SettingPath = keyof typeof SETTING_BOUNDS;
export const SETTING_PATHS = Object.keys(SETTING_BOUNDS) as SettingPath[];
export const MAX_DELAYS = 20;

/** The value at a path; undefined when nothing stands there. */
export function settingAt(settings: SettingsPatch | Settings, path: SettingPath): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], settings);
}

/** What is wrong with these settings, field by field. Null and absent are never wrong. */
export function findSettingErrors(patch: SettingsPatch): FieldError[] {
  return SETTING_PATHS.flatMap((path) => errorsAt(path, settingAt(patch, path)));
}

function errorsAt(path: SettingPath, value: unknown): FieldError[] {
  if (value === undefined || value === null) return [];
  const { min, max } = SETTING_BOUNDS[path];
  const inBounds = (each: unknown) => Number.isInteger(each) && (each as number) >= min && (each as number) <= max;
  const message = `must be a whole number from ${min} to ${max}`;
  if (path !== 'retry.backoff_ms') return inBounds(value) ? [] : [{ path, code: 'out_of_range', message }];
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_DELAYS) {
    return [{ path, code: 'out_of_range', message: `must be a list of 1 to ${MAX_DELAYS} delays` }];
  }
  return value.flatMap((each, index) =>
    inBounds(each) ? [] : [{ path: `${path}.${index}`, code: 'out_of_range', message }],
  );
}

/** The settings that hold: what is stored, and the defaults for the rest. */
export function settingsOf(stored: SettingsPatch): Settings {
  const usable = <T>(path: SettingPath): T => {
    const value = settingAt(stored, path);
    const good = value !== undefined && value !== null && errorsAt(path, value).length === 0;
    return (good ? value : settingAt(DEFAULT_SETTINGS, path)) as T;
  };
  return {
    slots: usable('slots'),
    poll_ms: usable('poll_ms'),
    drain_ms: usable('drain_ms'),
    retry: {
      max_attempts: usable('retry.max_attempts'),
      backoff_ms: usable('retry.backoff_ms'),
      jitter_pct: usable('retry.jitter_pct'),
    },
    lease_ms: usable('lease_ms'),
    retention: { prune_after_days: usable('retention.prune_after_days') },
  };
}
