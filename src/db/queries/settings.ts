// Statements on `setting`: the document of settings that change at run time, and what each process reads of operators' wishes.

import type { SettingsPatch } from '../../model/settings.ts';
import type { Queryable } from '../pool.ts';
import { only } from '../rows.ts';

const KEY = 'runtime';

export interface StoredSettings {
  value: SettingsPatch;
  updated_at: Date | null;
}

export async function readSettings(db: Queryable): Promise<StoredSettings> {
  const { rows } = await db.query<{ value: SettingsPatch; updated_at: Date }>(
    'select value, updated_at from faultline.setting where key = $1',
    [KEY],
  );
  return rows[0] ?? { value: {}, updated_at: null };
}

/**
 * Merges a patch into what is stored, field by field, in one statement: of two who change different fields at the same time both
 * are heard. Nulls are not stored.
 */
export function mergeSettings(db: Queryable, patch: SettingsPatch) {
  return only<{ value: SettingsPatch; updated_at: Date }>(
    db,
    `insert into faultline.setting as s (key, value) values ($1, jsonb_strip_nulls($2::jsonb))
     on conflict (key) do update set updated_at = now(), value = jsonb_strip_nulls(s.value || $2::jsonb || jsonb_build_object(
       'retry', coalesce(s.value -> 'retry', '{}') || coalesce($2::jsonb -> 'retry', '{}'),
       'retention', coalesce(s.value -> 'retention', '{}') || coalesce($2::jsonb -> 'retention', '{}')))
     returning value, updated_at`,
    [KEY, JSON.stringify(patch)],
  );
}

/** What operators have set, as every process reads it each second: the settings, and what is set for domains. */
export interface OperatorConfig {
  settings: SettingsPatch;
  domains: Record<string, { paused: boolean; max_in_flight: number | null }>;
}

export async function readOperatorConfig(db: Queryable): Promise<OperatorConfig> {
  const { rows } = await db.query<{ settings: SettingsPatch | null; domains: OperatorConfig['domains'] | null }>({
    name: 'read_wishes',
    text: `
select (select s.value from faultline.setting s where s.key = $1) as settings,
  (select jsonb_object_agg(d.domain, jsonb_build_object('paused', d.paused_at is not null, 'max_in_flight', d.max_in_flight))
   from faultline.domain d where d.paused_at is not null or d.max_in_flight is not null) as domains`,
    values: [KEY],
  });
  return { settings: rows[0]?.settings ?? {}, domains: rows[0]?.domains ?? {} };
}
