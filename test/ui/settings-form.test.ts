// U11: the form of the settings: what it sends and what it rejects.

import { describe, expect, test } from 'vitest';
import { settingsPatchSchema } from '../../src/http/contract.ts';
import { DEFAULT_SETTINGS, SETTING_PATHS, settingAt } from '../../src/model/settings.ts';
import {
  changeOf,
  FIELDS,
  type SettingsValues,
  type ShownSettings,
  settingsValues,
  validateSettings,
} from '../../ui/src/pages/settings/form.ts';

const shownWith = (stored: Record<string, unknown> = {}): ShownSettings =>
  Object.fromEntries(
    SETTING_PATHS.map((path) => {
      const normal = settingAt(DEFAULT_SETTINGS, path);
      return [path, { value: stored[path] ?? normal, default: normal, source: path in stored ? 'stored' : 'default' }];
    }),
  ) as ShownSettings;

const typed = (shown: ShownSettings, change: Partial<SettingsValues>): SettingsValues => ({
  ...settingsValues(shown),
  ...change,
});

test('there is a field for every setting', () => {
  expect(FIELDS.map(({ path }) => path).sort()).toEqual([...SETTING_PATHS].sort());
});

describe('what is sent', () => {
  test('is nothing when nothing was changed, or a change was reverted', () => {
    const shown = shownWith({ slots: 7 });
    expect(changeOf(shown, settingsValues(shown))).toBe(null);
    expect(changeOf(shown, typed(shown, { 'retry.backoff_ms': '10000 ms, 60 s, 5 min' }))).toBe(null);
  });

  test('is each change, and null for a return to the default', () => {
    const shown = shownWith({ slots: 7, 'retry.jitter_pct': 20, 'retention.prune_after_days': 30 });
    const change = changeOf(
      shown,
      typed(shown, {
        slots: 100,
        lease_ms: 5_000,
        'retry.backoff_ms': '1 s, 2 min',
        'retry.jitter_pct': 0,
        'retention.prune_after_days': '',
      }),
    );
    expect(change).toEqual({
      slots: null,
      lease_ms: 5_000,
      retry: { backoff_ms: [1_000, 120_000], jitter_pct: null },
      retention: { prune_after_days: null },
    });
    expect(settingsPatchSchema.safeParse(change).success).toBe(true);
  });
});

test.each([
  ['slots', 0, 'must be 1 to 10,000'],
  ['slots', '', 'is needed'],
  ['retry.jitter_pct', 101, 'must be 0 to 100'],
  ['retry.backoff_ms', 'soon', 'must be durations, such as 10 s, 1 min, 5 min'],
  ['retry.backoff_ms', '', 'must be 1 to 20 durations'],
  ['retry.backoff_ms', '25 h', 'must be at most 24 h each'],
  ['retention.prune_after_days', 0, 'must be 1 to 36,500'],
] as const)('%s = %j has the error: %s', (path, value, message) => {
  const shown = shownWith();
  expect(validateSettings(typed(shown, { [path]: value }))).toEqual({ [path]: message });
});

test('the defaults are valid', () => {
  expect(validateSettings(settingsValues(shownWith()))).toEqual({});
});
