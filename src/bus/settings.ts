// Settings changed at run time: every process hears of them within a second, and none needs a restart.
// An option given to a process wins over what is stored, what is stored over the default.

import { mergeSettings, type StoredSettings } from '../db/queries/settings.ts';
import { InvalidInputError } from '../model/errors.ts';
import type { SettingPath } from '../model/limits.ts';
import {
  DEFAULT_SETTINGS,
  findSettingErrors,
  SETTING_PATHS,
  type SettingsPatch,
  settingAt,
  settingsOf,
} from '../model/settings.ts';
import type { Bus } from './bus.ts';
import { CONTROL_TOPIC } from './control.ts';
import type { Operator } from './troubleshooting.ts';

/** One setting, as shown: what holds, what would hold otherwise, and who says so. */
export interface ShownSetting {
  value: unknown;
  default: unknown;
  source: 'stored' | 'default';
}

/**
 * Changes some settings; null gives one back to its default. What is not named stays.
 * @throws InvalidInputError, and then nothing is changed
 */
export async function changeSettings(bus: Bus, patch: SettingsPatch, operator: Operator): Promise<StoredSettings> {
  const errors = findSettingErrors(patch);
  if (errors.length > 0) throw new InvalidInputError('Some settings are out of bounds.', errors);
  const stored = await mergeSettings(bus.pool, patch);
  bus.env.logger.info({ patch, ...operator }, `${operator.actor} changed settings`);
  bus.notifier.wake(CONTROL_TOPIC);
  await bus.control.refresh();
  return stored;
}

/** Every setting by its path, as stored. */
export function showSettings({ value: stored }: StoredSettings): Record<SettingPath, ShownSetting> {
  const holding = settingsOf(stored);
  const shown = SETTING_PATHS.map((path): [SettingPath, ShownSetting] => {
    const value = settingAt(holding, path);
    const kept = settingAt(stored, path);
    // One that is stored and cannot be used is not what holds.
    const source = kept !== undefined && kept === value ? 'stored' : 'default';
    return [path, { value, default: settingAt(DEFAULT_SETTINGS, path), source }];
  });
  return Object.fromEntries(shown) as Record<SettingPath, ShownSetting>;
}
