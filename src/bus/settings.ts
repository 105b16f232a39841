// Settings changed at run time: every process hears of them within a second, and none needs a restart.
// An option given to a process wins over what is stored, what is stored over the default.

import { mergeSettings, readSettings, type StoredSettings } from '../db/queries/settings.ts';
import { InvalidInputError } from '../model/errors.ts';
import {
  DEFAULT_SETTINGS,
  findSettingErrors,
  SETTING_PATHS,
  type SettingPath,
  type SettingsPatch,
  settingAt,
  settingsOf,
} from '../model/settings.ts';
import type { Bus } from './bus.ts';
import { CONTROL_HINT } from './control.ts';

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
export async function changeSettings(bus: Bus, patch: SettingsPatch): Promise<StoredSettings> {
  const errors = findSettingErrors(patch);
  if (errors.length > 0) throw new InvalidInputError('Some settings are out of bounds.', errors);
  const stored = await mergeSettings(bus.pool, patch);
  bus.env.logger.info({ patch }, 'settings changed');
  bus.hints.hint(CONTROL_HINT);
  await bus.control.refresh();
  return stored;
}

/** Every setting by its path, as the database has it now. */
export async function showSettings(bus: Pick<Bus, 'pool'>): Promise<Record<SettingPath, ShownSetting>> {
  const { value: stored } = await readSettings(bus.pool);
  const holding = settingsOf(stored);
  const shown = SETTING_PATHS.map((path): [SettingPath, ShownSetting] => {
    const kept = settingAt(stored, path);
    return [
      path,
      {
        value: settingAt(holding, path),
        default: settingAt(DEFAULT_SETTINGS, path),
        source: kept === undefined || kept === null ? 'default' : 'stored',
      },
    ];
  });
  return Object.fromEntries(shown) as Record<SettingPath, ShownSetting>;
}
