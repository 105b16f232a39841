// Profiles: built-in and saved behaviors; saving, changing and deleting saved ones.
// A name identifies one profile: the names of built-in ones are taken.

import { z } from 'zod';
import {
  deleteProfile,
  findProfile,
  insertProfilesIfFree,
  listProfiles,
  type ProfileRecord,
  updateProfileIfFree,
} from '../../chaos/queries/profiles.ts';
import { NotFoundError, orNotFound, ProfileNameTakenError } from '../../model/errors.ts';
import { API_PREFIX, type App, type RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { builtinProfilesOf, parseProfile, refuseBuiltin } from '../profiles.ts';
import { route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'chaos';

export function profileRoutes(api: App, context: RouteContext): void {
  addReads(api, context);
  addWrites(api, context);
}

function addReads(api: App, { pool, processes }: RouteContext): void {
  const builtinFor = (process_type: string | undefined) =>
    process_type === undefined ? [] : builtinProfilesOf(processes, process_type);

  api.get(
    '/profiles',
    route(
      tag,
      'List profiles: with a process type the built-in ones for its steps, then the saved ones by name',
      wire.profilesSchema,
      { querystring: wire.profilesQuerySchema },
    ),
    async ({ query: { process_type } }) => {
      const saved = await listProfiles(pool, process_type ?? null);
      return { items: [...builtinFor(process_type), ...saved.map(showProfile)] };
    },
  );

  api.get(
    '/profiles/:profile_id',
    route(
      tag,
      'Read a profile; a built-in one, such as `flaky-network`, for the steps of a process type',
      wire.profileSchema,
      { params: wire.profileParamsSchema, querystring: wire.profilesQuerySchema },
    ),
    async ({ params: { profile_id }, query: { process_type } }) => {
      const builtin = builtinFor(process_type).find((profile) => profile.profile_id === profile_id);
      if (builtin !== undefined) return builtin;
      return showProfile(
        orNotFound(isId(profile_id) ? await findProfile(pool, profile_id) : null, 'profile', profile_id),
      );
    },
  );
}

function addWrites(api: App, { bus, pool, processes }: RouteContext): void {
  api.post(
    '/profiles',
    route(tag, 'Save a profile under a new name', wire.profileSchema, {
      body: wire.profileBodySchema,
      status: 201,
      unchecked_body: true,
    }),
    async ({ body }, reply) => {
      const profile = parseProfile(body, processes);
      const [saved] = await insertProfilesIfFree(pool, [{ profile_id: bus.env.newId(), ...profile }]);
      if (saved === undefined) throw new ProfileNameTakenError([{ path: 'name', name: profile.name }]);
      return reply.code(201).header('location', `${API_PREFIX}/profiles/${saved.profile_id}`).send(showProfile(saved));
    },
  );

  api.put(
    '/profiles/:profile_id',
    route(tag, 'Replace the behavior, name and description of a saved profile', wire.profileSchema, {
      params: wire.profileParamsSchema,
      body: wire.profileBodySchema,
      unchecked_body: true,
    }),
    async ({ params: { profile_id }, body }) => {
      refuseBuiltin(profile_id, processes);
      const profile = parseProfile(body, processes);
      const saved = isId(profile_id) ? await updateProfileIfFree(pool, { profile_id, ...profile }) : null;
      if (saved === 'taken') throw new ProfileNameTakenError([{ path: 'name', name: profile.name }]);
      return showProfile(orNotFound(saved, 'profile', profile_id));
    },
  );

  api.delete(
    '/profiles/:profile_id',
    route(
      tag,
      'Delete a saved profile; batches launched with it keep their behavior',
      z.undefined().describe('The profile is deleted'),
      { params: wire.profileParamsSchema, status: 204 },
    ),
    async ({ params: { profile_id } }, reply) => {
      refuseBuiltin(profile_id, processes);
      if (!isId(profile_id) || !(await deleteProfile(pool, profile_id))) throw new NotFoundError('profile', profile_id);
      return reply.code(204).send();
    },
  );
}

function showProfile(record: ProfileRecord): wire.Profile {
  return { ...toWire(record), builtin: false };
}

/** The database takes only ids. */
function isId(text: string): boolean {
  return wire.idSchema.safeParse(text).success;
}
