// Settings that change at run time: their defaults, and how stored ones are read.
// A stored value that is out of bounds counts as absent.

import { SETTING_BOUNDS, type SettingPath } from './limits.ts';
import { DEFAULT_LEASE_MS, DEFAULT_RETRY, type RetryPolicy } from './retry.ts';
import { findSettingErrors, type SettingsPatch } from './schemas.ts';

export type { SettingsPatch };

export interface Settings {
  /** Attempts at a time per domain and worker. */
  slots: number;
  /** How often a worker polls for work that no wake-up announced. */
  poll_ms: number;
  /** How long a drain waits for attempts before it releases them. */
  drain_ms: number;
  /** For commands and batches sent without a policy of their own. */
  retry: Required<RetryPolicy>;
  lease_ms: number;
  /** How long ended work is kept; null: forever. */
  retention: { prune_after_days: number | null };
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

/** The value at a path; undefined when there is none. */
export function settingAt(settings: SettingsPatch | Settings, path: SettingPath): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], settings);
}

/** The settings in effect: what is stored, and the defaults for the rest. */
export function settingsOf(stored: SettingsPatch): Settings {
  const wrong = findSettingErrors(stored);
  const settings = structuredClone(DEFAULT_SETTINGS);
  for (const path of SETTING_PATHS) {
    const value = settingAt(stored, path) ?? null;
    if (value !== null && !wrong.some((error) => `${error.path}.`.startsWith(`${path}.`))) put(settings, path, value);
  }
  return settings;
}

function put(settings: Settings, path: SettingPath, value: unknown): void {
  const [group, key] = path.split('.') as [keyof Settings, string | undefined];
  if (key === undefined) Object.assign(settings, { [group]: value });
  else Object.assign(settings[group], { [key]: value });
}
