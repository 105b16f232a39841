// Statements on `profile`: saved behaviors with unique names.

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

/** By name. For a process type: its own profiles, and those for any type. */
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

/** In order of name, so that two concurrent imports cannot deadlock. */
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

/** Inserts the profiles whose names are free, and returns them. */
export function insertProfilesIfFree(db: Queryable, profiles: readonly NewProfile[]) {
  return many<ProfileRecord>(
    db,
    `${INSERT} on conflict (name) do nothing returning ${COLUMNS}`,
    insertValues(profiles),
  );
}

/** Inserts all profiles. One with an existing name replaces the other, whose id stays. */
export async function upsertProfiles(
  db: Queryable,
  profiles: readonly NewProfile[],
): Promise<{ profile_id: string; name: string; replaced: boolean }[]> {
  // This statement locks a row that existed before, which sets its xmax.
  return many<{ profile_id: string; name: string; replaced: boolean }>(
    db,
    `${INSERT} on conflict (name) do update set description = excluded.description, process_type = excluded.process_type,
       behavior = excluded.behavior, updated_at = now()
     returning p.profile_id, p.name, p.xmax::text <> '0' as replaced`,
    insertValues(profiles),
  );
}

/** The updated profile; null if the id does not exist, 'taken' if another profile has that name. */
export async function updateProfileIfFree(
  db: Queryable,
  { profile_id, name, description, process_type, behavior }: NewProfile,
): Promise<ProfileRecord | null | 'taken'> {
  try {
    return await one<ProfileRecord>(
      db,
      `update faultline.profile set name = $2, description = $3, process_type = $4, behavior = $5::jsonb, updated_at = now()
       where profile_id = $1 returning ${COLUMNS}`,
      [profile_id, name, description, process_type, JSON.stringify(behavior)],
    );
  } catch (error) {
    if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return 'taken';
    throw error;
  }
}

export function deleteProfile(db: Queryable, profile_id: string) {
  return changed(db, 'delete from faultline.profile where profile_id = $1', [profile_id]);
}
