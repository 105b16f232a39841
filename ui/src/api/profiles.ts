// Profiles: saved chaos by name, and the built-in ones. Query keys, fetches and verbs, side by side.

import { queryOptions } from '@tanstack/react-query';
import type { Profile, ProfileBody } from '../../../src/http/contract.ts';
import { request, withQuery } from './client.ts';

export const profileKeys = {
  all: ['profiles'] as const,
  list: (processType: string | undefined) => [...profileKeys.all, 'list', processType] as const,
  detail: (id: string) => [...profileKeys.all, 'detail', id] as const,
};

const pathOf = (id: string) => `/profiles/${encodeURIComponent(id)}`;

/** With a process type: those made for it or for any, and the built-in ones made for its steps. */
export const profilesQuery = (processType?: string) =>
  queryOptions({
    queryKey: profileKeys.list(processType),
    queryFn: ({ signal }) =>
      request<{ items: Profile[] }>(withQuery('/profiles', { process_type: processType }), { signal }),
  });

export const profileQuery = (id: string) =>
  queryOptions({
    queryKey: profileKeys.detail(id),
    queryFn: ({ signal }) => request<Profile>(pathOf(id), { signal }),
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
