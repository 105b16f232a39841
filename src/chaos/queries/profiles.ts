// Statements on `profile`: saved behaviors, each under a name of its own.
// A name that is taken is told by what a statement returns; only the update, where it cannot be, lets the constraint speak.

import type { Queryable } from '../../db/pool.ts';
import { changed, many, one } from '../../db/rows.ts';

export interface ProfileRecord {
  profile_id: string;
  name: string;
  description: string | null;
  process_type: string | null;
  behavior: Record<string, unknown>;
  created_at: Date;
  updated_at: Date;
}

export type NewProfile = Omit<ProfileRecord, 'created_at' | 'updated_at'>;

const COLUMNS = 'profile_id, name, description, process_type, behavior, created_at, updated_at';
const UNIQUE_VIOLATION = '23505';

/** By name. Of a process type: its own, and those that are for any. */
export function listProfiles(db: Queryable, process_type: string | null) {
  return many<ProfileRecord>(
    db,
    `select ${COLUMNS} from faultline.profile
     where $1::text is null or process_type is null or process_type = $1 order by lower(name), name`,
    [process_type],
  );
}

export function findProfile(db: Queryable, profile_id: string) {
  return one<ProfileRecord>(db, `select ${COLUMNS} from faultline.profile where profile_id = $1`, [profile_id]);
}

/** In order of name, so that two imports at once wait for each other rather than both forever. */
const INSERT = `
insert into faultline.profile as p (profile_id, name, description, process_type, behavior)
select i.* from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[])
  as i(profile_id, name, description, process_type, behavior) order by i.name`;

const insertValues = (profiles: readonly NewProfile[]) => [
  profiles.map(({ profile_id }) => profile_id),
  profiles.map(({ name }) => name),
  profiles.map(({ description }) => description),
  profiles.map(({ process_type }) => process_type),
  profiles.map(({ behavior }) => JSON.stringify(behavior)),
];

/** Writes those whose names are free, and returns these. */
export function insertProfilesIfFree(db: Queryable, profiles: readonly NewProfile[]) {
  return many<ProfileRecord>(
    db,
    `${INSERT} on conflict (name) do nothing returning ${COLUMNS}`,
    insertValues(profiles),
  );
}

/** Writes all; what has the name of one is replaced by it and keeps its id. */
export async function upsertProfiles(
  db: Queryable,
  profiles: readonly NewProfile[],
): Promise<{ profile_id: string; name: string; replaced: boolean }[]> {
  // A row that was there before has been locked by this very statement: xmax says so.
  return many<{ profile_id: string; name: string; replaced: boolean }>(
    db,
    `${INSERT} on conflict (name) do update set description = excluded.description, process_type = excluded.process_type,
       behavior = excluded.behavior, updated_at = now()
     returning p.profile_id, p.name, p.xmax::text <> '0' as replaced`,
    insertValues(profiles),
  );
}

/** The profile as it is now; null when there is none of that id, 'taken' when another has that name. */
export async function updateProfileIfFree(
  db: Queryable,
  { profile_id, name, description, process_type, behavior }: NewProfile,
): Promise<ProfileRecord | null | 'taken'> {
  try {
    const { rows } = await db.query<ProfileRecord & Record<string, unknown>>(
      `update faultline.profile set name = $2, description = $3, process_type = $4, behavior = $5::jsonb, updated_at = now()
       where profile_id = $1 returning ${COLUMNS}`,
      [profile_id, name, description, process_type, JSON.stringify(behavior)],
    );
    return rows[0] ?? null;
  } catch (error) {
    if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return 'taken';
    throw error;
  }
}

/** Whether there was one. */
export function deleteProfile(db: Queryable, profile_id: string) {
  return changed(db, 'delete from faultline.profile where profile_id = $1', [profile_id]);
}
