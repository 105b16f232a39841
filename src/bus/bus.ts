// The bus: the connections, hooks and settings that all its parts share.

import type { Notifier } from '../db/notifier.ts';
import type { Pool } from '../db/pool.ts';
import type { Env } from '../model/env.ts';
import type { Settings } from '../model/settings.ts';
import type { Control } from './control.ts';
import type { DatabaseHealth } from './database-health.ts';
import type { BusHooks } from './handlers.ts';

export interface Bus {
  pool: Pool;
  env: Env;
  notifier: Notifier;
  hooks: BusHooks;
  databaseHealth: DatabaseHealth;
  /** The configuration of operators: settings and domains. */
  control: Control;
  /** The settings in effect. */
  settings(): Settings;
  lanes: number;
}

/** The domain of internal commands, hidden from lists. */
export const INTERNAL_DOMAIN = 'faultline';
