// Settings changed at run time: every process applies them within a second, without a restart.
// An option given to a process overrides a stored setting, which overrides the default.

import { mergeSettings, type StoredSettings } from '../db/queries/settings.ts';
import type { SettingPath } from '../model/limits.ts';
import { findSettingErrors } from '../model/schemas.ts';
import { DEFAULT_SETTINGS, SETTING_PATHS, type SettingsPatch, settingAt, settingsOf } from '../model/settings.ts';
import type { Bus } from './bus.ts';
import { CONTROL_TOPIC } from './control.ts';
import type { Operator } from './operator.ts';
import { rejectIfAny } from './request.ts';

/** One setting: the value in effect, its default, and where the value comes from. */
export interface ShownSetting {
  value: unknown;
  default: unknown;
  source: 'stored' | 'default';
}

/**
 * Changes some settings; null restores a default, absent ones stay.
 * @throws InvalidInputError, and then nothing changes
 */
export async function changeSettings(bus: Bus, patch: SettingsPatch, operator: Operator): Promise<StoredSettings> {
  rejectIfAny(findSettingErrors(patch));
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
    // A stored value that is out of bounds is not in effect.
    const source = kept !== undefined && kept === value ? 'stored' : 'default';
    return [path, { value, default: settingAt(DEFAULT_SETTINGS, path), source }];
  });
  return Object.fromEntries(shown) as Record<SettingPath, ShownSetting>;
}
