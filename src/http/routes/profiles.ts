// Routes of profiles: built-in and saved behaviors, and making, changing and deleting saved ones.
// A name means one profile: names of built-in ones are taken.

import { z } from 'zod';
import {
  deleteProfile,
  findProfile,
  insertProfilesIfFree,
  listProfiles,
  type ProfileRecord,
  updateProfileIfFree,
} from '../../chaos/queries/profiles.ts';
import { NotFoundError, ProfileNameTakenError } from '../../model/errors.ts';
import { builtinOf, refuseBuiltin, refuseBuiltinName } from '../builtin-profiles.ts';
import type { App, RouteContext } from '../context.ts';
import {
  idSchema,
  type Profile,
  profileBodySchema,
  profileParamsSchema,
  profileSchema,
  profilesQuerySchema,
  profilesSchema,
} from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { parseProfile } from '../profile-body.ts';
import { exceptBody } from '../validate.ts';
import { toWire } from '../wire.ts';

export function profileRoutes(api: App, context: RouteContext): void {
  addReads(api, context);
  addWrites(api, context);
}

function addReads(api: App, { pool, processes }: RouteContext): void {
  api.get(
    '/profiles',
    {
      schema: {
        tags: ['chaos'],
        summary: 'Profiles: with a process type the built-in ones for its steps, then the saved ones by name',
        querystring: profilesQuerySchema,
        response: { 200: profilesSchema, ...problemResponse },
      },
    },
    async ({ query: { process_type } }) => {
      const builtin = process_type === undefined ? [] : builtinOf(processes, process_type);
      const saved = await listProfiles(pool, process_type ?? null);
      return { items: [...builtin, ...saved.map(showProfile)] };
    },
  );

  api.get(
    '/profiles/:profile_id',
    {
      schema: {
        tags: ['chaos'],
        summary: 'One profile; a built-in one, as `flaky-network`, for the steps of a process type',
        params: profileParamsSchema,
        querystring: profilesQuerySchema,
        response: { 200: profileSchema, ...problemResponse },
      },
    },
    async ({ params: { profile_id }, query: { process_type } }) => {
      const builtin = process_type === undefined ? [] : builtinOf(processes, process_type);
      const found = builtin.find((profile) => profile.profile_id === profile_id);
      if (found !== undefined) return found;
      const saved = isId(profile_id) ? await findProfile(pool, profile_id) : null;
      if (saved === null) throw new NotFoundError('profile', profile_id);
      return showProfile(saved);
    },
  );
}

function addWrites(api: App, { bus, pool, processes }: RouteContext): void {
  api.post(
    '/profiles',
    {
      validatorCompiler: exceptBody,
      schema: {
        tags: ['chaos'],
        summary: 'Save a profile under a name of its own',
        body: profileBodySchema,
        response: { 201: profileSchema, ...problemResponse },
      },
    },
    async ({ body }, reply) => {
      const profile = parseProfile(body, processes);
      refuseBuiltinName([{ path: 'name', name: profile.name }], processes);
      const [saved] = await insertProfilesIfFree(pool, [{ profile_id: bus.env.newId(), ...profile }]);
      if (saved === undefined) throw new ProfileNameTakenError([{ path: 'name', name: profile.name }]);
      return reply.code(201).header('location', `/api/v1/profiles/${saved.profile_id}`).send(showProfile(saved));
    },
  );

  api.put(
    '/profiles/:profile_id',
    {
      validatorCompiler: exceptBody,
      schema: {
        tags: ['chaos'],
        summary: 'Put another behavior, name or description in the place of a saved profile',
        params: profileParamsSchema,
        body: profileBodySchema,
        response: { 200: profileSchema, ...problemResponse },
      },
    },
    async ({ params: { profile_id }, body }) => {
      refuseBuiltin(profile_id, processes);
      const profile = parseProfile(body, processes);
      refuseBuiltinName([{ path: 'name', name: profile.name }], processes);
      const saved = isId(profile_id) ? await updateProfileIfFree(pool, { profile_id, ...profile }) : null;
      if (saved === 'taken') throw new ProfileNameTakenError([{ path: 'name', name: profile.name }]);
      if (saved === null) throw new NotFoundError('profile', profile_id);
      return showProfile(saved);
    },
  );

  api.delete(
    '/profiles/:profile_id',
    {
      schema: {
        tags: ['chaos'],
        summary: 'Delete a saved profile; batches launched with it keep their behavior',
        params: profileParamsSchema,
        response: { 204: z.undefined().describe('It is gone'), ...problemResponse },
      },
    },
    async ({ params: { profile_id } }, reply) => {
      refuseBuiltin(profile_id, processes);
      if (!isId(profile_id) || !(await deleteProfile(pool, profile_id))) throw new NotFoundError('profile', profile_id);
      return reply.code(204).send();
    },
  );
}

function showProfile(record: ProfileRecord): Profile {
  return { ...toWire(record), builtin: false };
}

/** What is no id is not asked for. */
function isId(text: string): boolean {
  return idSchema.safeParse(text).success;
}
