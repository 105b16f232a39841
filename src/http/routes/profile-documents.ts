// Profiles as a document: export of all saved ones, and import of such a document, all or nothing.

import { insertProfilesIfFree, listProfiles, type NewProfile, upsertProfiles } from '../../chaos/queries/profiles.ts';
import { type Tx, withTx } from '../../db/pool.ts';
import { ProfileNameTakenError } from '../../model/errors.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { namesOf, parseProfileImport } from '../profiles.ts';
import { route } from '../route.ts';

const tag = 'chaos';

export function profileDocumentRoutes(api: App, { bus, pool, processes }: RouteContext): void {
  api.get(
    '/profiles/export',
    route(tag, 'Export all saved profiles as a document', wire.profileExportSchema),
    async (_request, reply) => {
      reply.header('content-disposition', 'attachment; filename="faultline-profiles.json"');
      const profiles = (await listProfiles(pool, null)).map(({ name, description, process_type, behavior }) => ({
        name,
        description,
        process_type,
        behavior,
      }));
      return { format: wire.PROFILES_FORMAT as typeof wire.PROFILES_FORMAT, version: 1 as const, profiles };
    },
  );

  api.post(
    '/profiles/import',
    route(tag, 'Import the profiles of a document, all of them or none', wire.profileImportAnswerSchema, {
      querystring: wire.profileImportQuerySchema,
      body: wire.profileImportSchema,
      unchecked_body: true,
    }),
    ({ body, query }) => {
      const parsed = parseProfileImport(body, processes);
      const profiles = parsed.map((profile) => ({ profile_id: bus.env.newId(), ...profile }));
      return withTx(pool, (tx) => IMPORTS[query.on_conflict](tx, profiles));
    },
  );
}

type Import = (tx: Tx, profiles: readonly NewProfile[]) => Promise<wire.ProfileImportAnswer>;

const IMPORTS: Record<wire.OnConflict, Import> = {
  async fail(tx, profiles) {
    const { items } = await IMPORTS.skip(tx, profiles);
    const taken = namesOf(profiles).filter((_, index) => items[index]?.result === 'skipped');
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
