// Profiles: saved chaos by name, and the built-in ones. Query keys, fetches and verbs, side by side.

import { queryOptions } from '@tanstack/react-query';
import type { OnConflict, Profile, ProfileBody, ProfileImportAnswer } from '../../../src/http/contract.ts';
import { apiUrl, request, withQuery } from './client.ts';

export const profileKeys = {
  all: ['profiles'] as const,
  list: (processType: string | undefined) => [...profileKeys.all, 'list', processType] as const,
  detail: (id: string, processType: string | undefined) => [...profileKeys.all, 'detail', id, processType] as const,
};

const pathOf = (id: string) => `/profiles/${encodeURIComponent(id)}`;

/** With a process type: those made for it or for any, and the built-in ones made for its steps. */
export const profilesQuery = (processType?: string) =>
  queryOptions({
    queryKey: profileKeys.list(processType),
    queryFn: ({ signal }) =>
      request<{ items: Profile[] }>(withQuery('/profiles', { process_type: processType }), { signal }),
  });

/** A built-in one is made for the steps of a process type. */
export const profileQuery = (id: string, processType?: string) =>
  queryOptions({
    queryKey: profileKeys.detail(id, processType),
    queryFn: ({ signal }) => request<Profile>(withQuery(pathOf(id), { process_type: processType }), { signal }),
  });

export function createProfile(body: ProfileBody): Promise<Profile> {
  return request<Profile>('/profiles', { method: 'POST', body });
}

/** What stands in it becomes what is sent. */
export function replaceProfile(id: string, body: ProfileBody): Promise<Profile> {
  return request<Profile>(pathOf(id), { method: 'PUT', body });
}

export function deleteProfile(id: string): Promise<unknown> {
  return request(pathOf(id), { method: 'DELETE' });
}

/** Where all saved profiles lie as one document, to be saved as a file. */
export const profilesExportUrl = apiUrl('/profiles/export');

/** All profiles of a document that was exported, or none. */
export function importProfiles(document: unknown, on_conflict: OnConflict): Promise<ProfileImportAnswer> {
  return request<ProfileImportAnswer>(withQuery('/profiles/import', { on_conflict }), {
    method: 'POST',
    body: document,
  });
}
