// Statements on `setting`: the settings that change at run time, and the operator config that each process reads.

import type { SettingsPatch } from '../../model/settings.ts';
import type { Queryable } from '../pool.ts';
import { one, only } from '../rows.ts';

const KEY = 'runtime';

export interface StoredSettings {
  value: SettingsPatch;
  updated_at: Date | null;
}

export async function readSettings(db: Queryable): Promise<StoredSettings> {
  const text = 'select value, updated_at from faultline.setting where key = $1';
  return (await one<StoredSettings>(db, text, [KEY])) ?? { value: {}, updated_at: null };
}

/**
 * Merges a patch into the stored settings, field by field, so that concurrent changes of different fields both count.
 * Nulls delete.
 */
export function mergeSettings(db: Queryable, patch: SettingsPatch) {
  return only<StoredSettings>(
    db,
    `insert into faultline.setting as s (key, value) values ($1, jsonb_strip_nulls($2::jsonb))
     on conflict (key) do update set updated_at = now(), value = jsonb_strip_nulls(s.value || $2::jsonb || jsonb_build_object(
       'retry', coalesce(s.value -> 'retry', '{}') || coalesce($2::jsonb -> 'retry', '{}'),
       'retention', coalesce(s.value -> 'retention', '{}') || coalesce($2::jsonb -> 'retention', '{}')))
     returning value, updated_at`,
    [KEY, JSON.stringify(patch)],
  );
}

/** The settings and the state of domains, which every process reads each second. */
export interface OperatorConfig {
  settings: SettingsPatch;
  domains: Record<string, { paused: boolean; max_in_flight: number | null }>;
}

export async function readOperatorConfig(db: Queryable): Promise<OperatorConfig> {
  const config = await one<{ [Key in keyof OperatorConfig]: OperatorConfig[Key] | null }>(db, {
    name: 'read_operator_config',
    text: `
select (select s.value from faultline.setting s where s.key = $1) as settings,
  (select jsonb_object_agg(d.domain, jsonb_build_object('paused', d.paused_at is not null, 'max_in_flight', d.max_in_flight))
   from faultline.domain d where d.paused_at is not null or d.max_in_flight is not null) as domains`,
    values: [KEY],
  });
  return { settings: config?.settings ?? {}, domains: config?.domains ?? {} };
}
