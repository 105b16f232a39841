// Settings that change at run time: their defaults, their bounds, and how what is stored is read.
// Pure; a value that is stored but cannot be used is as good as absent.

import type { FieldError } from './errors.ts';
import { isWithin, LIMITS, rangeMessage, SETTING_BOUNDS, type SettingPath } from './limits.ts';
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

export const SETTING_PATHS = Object.keys(SETTING_BOUNDS) as SettingPath[];

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
  const range = SETTING_BOUNDS[path];
  const error = (at: string, message: string) => [{ path: at, code: 'out_of_range', message }];
  if (path !== 'retry.backoff_ms') return isWithin(value, range) ? [] : error(path, rangeMessage(range));
  const { min, max } = LIMITS.backoff_count;
  if (!Array.isArray(value) || value.length < min || value.length > max)
    return error(path, `must be a list of ${min} to ${max} delays`);
  return value.flatMap((each, index) => (isWithin(each, range) ? [] : error(`${path}.${index}`, rangeMessage(range))));
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
