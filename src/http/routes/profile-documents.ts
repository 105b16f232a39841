// Routes of profiles as documents: all saved ones exported, and such a document imported.
// An import is all or nothing, and says what happened to each.

import { insertProfilesIfFree, listProfiles, type NewProfile, upsertProfiles } from '../../chaos/queries/profiles.ts';
import { type Tx, withTx } from '../../db/pool.ts';
import { ProfileNameTakenError } from '../../model/errors.ts';
import { refuseBuiltinName } from '../builtin-profiles.ts';
import type { App, RouteContext } from '../context.ts';
import {
  type OnConflict,
  PROFILES_FORMAT,
  type ProfileImportAnswer,
  profileExportSchema,
  profileImportAnswerSchema,
  profileImportQuerySchema,
  profileImportSchema,
} from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { parseProfileImport } from '../profile-body.ts';
import { exceptBody } from '../validate.ts';

export function profileDocumentRoutes(api: App, context: RouteContext): void {
  addExport(api, context);
  addImport(api, context);
}

function addExport(api: App, { pool }: RouteContext): void {
  api.get(
    '/profiles/export',
    {
      schema: {
        tags: ['chaos'],
        summary: 'All saved profiles as a document, to be imported elsewhere',
        response: { 200: profileExportSchema, ...problemResponse },
      },
    },
    async (_request, reply) => {
      reply.header('content-disposition', 'attachment; filename="faultline-profiles.json"');
      const profiles = await listProfiles(pool, null);
      return {
        format: PROFILES_FORMAT as typeof PROFILES_FORMAT,
        version: 1 as const,
        profiles: profiles.map(({ name, description, process_type, behavior }) => ({
          name,
          description,
          process_type,
          behavior,
        })),
      };
    },
  );
}

function addImport(api: App, { bus, pool, processes }: RouteContext): void {
  api.post(
    '/profiles/import',
    {
      validatorCompiler: exceptBody,
      schema: {
        tags: ['chaos'],
        summary: 'Save the profiles of an exported document: all of them or none',
        querystring: profileImportQuerySchema,
        body: profileImportSchema,
        response: { 200: profileImportAnswerSchema, ...problemResponse },
      },
    },
    ({ body, query }) => {
      const parsed = parseProfileImport(body, processes);
      refuseBuiltinName(placesOf(parsed), processes);
      const profiles = parsed.map((profile) => ({ profile_id: bus.env.newId(), ...profile }));
      return withTx(pool, (tx) => IMPORTS[query.on_conflict](tx, profiles));
    },
  );
}

type Import = (tx: Tx, profiles: readonly NewProfile[]) => Promise<ProfileImportAnswer>;

const IMPORTS: Record<OnConflict, Import> = {
  async fail(tx, profiles) {
    const { items } = await IMPORTS.skip(tx, profiles);
    const taken = placesOf(profiles).filter((_, index) => items[index]?.result === 'skipped');
    if (taken.length > 0) throw new ProfileNameTakenError(taken);
    return { items };
  },
  async skip(tx, profiles) {
    const created = new Map((await insertProfilesIfFree(tx, profiles)).map((saved) => [saved.name, saved.profile_id]));
    return {
      items: profiles.map(({ name }) => {
        const profile_id = created.get(name) ?? null;
        return { name, profile_id, result: profile_id === null ? ('skipped' as const) : ('created' as const) };
      }),
    };
  },
  async replace(tx, profiles) {
    const written = new Map((await upsertProfiles(tx, profiles)).map((saved) => [saved.name, saved]));
    return {
      items: profiles.map(({ name }) => {
        const saved = written.get(name);
        return { name, profile_id: saved?.profile_id ?? null, result: saved?.replaced ? 'replaced' : 'created' };
      }),
    };
  },
};

const placesOf = (profiles: readonly { name: string }[]) =>
  profiles.map(({ name }, index) => ({ path: `profiles.${index}.name`, name }));
