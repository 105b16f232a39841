// Chaos profiles, saved and built-in: query keys, queries and verbs.

import { queryOptions } from '@tanstack/react-query';
import type { OnConflict, Profile, ProfileBody, ProfileImportAnswer } from '../../../src/http/contract.ts';
import { apiUrl, path, post, read, request, withQuery } from './client.ts';

export const profileKeys = { all: ['profiles'] as const };

/** With a process type: those made for it or for any, and the built-in ones made for its steps. */
export const profilesQuery = (process_type?: string) =>
  queryOptions({
    queryKey: [...profileKeys.all, 'list', process_type],
    queryFn: read<{ items: Profile[] }>('/profiles', { process_type }),
  });

/** A built-in one is made for the steps of a process type. */
export const profileQuery = (id: string, process_type?: string) =>
  queryOptions({
    queryKey: [...profileKeys.all, 'detail', id, process_type],
    queryFn: read<Profile>(path`/profiles/${id}`, { process_type }),
  });

export function createProfile(body: ProfileBody): Promise<Profile> {
  return post('/profiles', body);
}

/** What stands in it becomes what is sent. */
export function replaceProfile(id: string, body: ProfileBody): Promise<Profile> {
  return request(path`/profiles/${id}`, { method: 'PUT', body });
}

export function deleteProfile(id: string): Promise<unknown> {
  return request(path`/profiles/${id}`, { method: 'DELETE' });
}

/** Where all saved profiles lie as one document, to be saved as a file. */
export const profilesExportUrl = apiUrl('/profiles/export');

/** All profiles of a document that was exported, or none. */
export function importProfiles(document: unknown, on_conflict: OnConflict): Promise<ProfileImportAnswer> {
  return post(withQuery('/profiles/import', { on_conflict }), document);
}
