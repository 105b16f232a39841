// Chaos profiles, built-in and saved: query keys, fetches and verbs.

import { queryOptions } from '@tanstack/react-query';
import type { OnConflict, Profile, ProfileBody, ProfileImportAnswer } from '../../../src/http/contract.ts';
import { apiUrl, get, pathTo, post, request, withQuery } from './client.ts';

export const profileKeys = { all: ['profiles'] as const };

/** With a process type: the profiles for it or for any, and the built-in ones made for its steps. */
export const profilesQuery = (process_type?: string) =>
  queryOptions({
    queryKey: [...profileKeys.all, 'list', process_type],
    queryFn: get<{ items: Profile[] }>('/profiles', { process_type }),
  });

/** A built-in profile is made for the steps of a process type. */
export const profileQuery = (id: string, process_type?: string) =>
  queryOptions({
    queryKey: [...profileKeys.all, 'detail', id, process_type],
    queryFn: get<Profile>(pathTo('profiles', id), { process_type }),
  });

export const createProfile = (body: ProfileBody) => post<Profile>('/profiles', body);

export const replaceProfile = (id: string, body: ProfileBody) =>
  request<Profile>(pathTo('profiles', id), { method: 'PUT', body });

export const deleteProfile = (id: string) => request(pathTo('profiles', id), { method: 'DELETE' });

/** All saved profiles as one document, to download. */
export const profilesExportUrl = apiUrl('/profiles/export');

/** Imports all profiles of an exported document, or none. */
export const importProfiles = (document: unknown, on_conflict: OnConflict) =>
  post<ProfileImportAnswer>(withQuery('/profiles/import', { on_conflict }), document);
