// The configuration and health of this service.

import { queryOptions, useQuery } from '@tanstack/react-query';
import type { Config, SettingsChange } from '../../../src/http/contract.ts';
import { apiUrl, get, request } from './client.ts';
import { REFRESH } from './refresh.ts';

export type ProcessType = Config['process_types'][number];

export interface Health {
  status: 'ok' | 'unavailable';
  checks: Record<string, string>;
}

export const serviceKeys = { config: ['config'] as const };

/** The settings, and process types with their steps, which change only with a restart. */
export const configQuery = queryOptions({
  queryKey: serviceKeys.config,
  queryFn: get<Config>('/config'),
  staleTime: 60_000,
});

/** Changes some settings; null returns one to its default. */
export const changeSettings = (body: SettingsChange) => request<Config>('/config', { method: 'PUT', body });

/** Undefined until the configuration is read, and for an unknown type. */
export function useProcessType(type: string | null): ProcessType | undefined {
  const { data } = useQuery(configQuery);
  return data?.process_types.find((candidate) => candidate.type === type);
}

/** The names of its input fields, in the order of the definition. */
export function inputNames(type: ProcessType | undefined): string[] {
  const properties = type?.input.properties;
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

/** 503 is an answer, too: it names the check that fails. */
export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: async ({ signal }): Promise<Health> => {
    const response = await fetch(apiUrl('/health/ready'), { signal });
    const body = (await response.json()) as Partial<Health>;
    return { status: response.ok ? 'ok' : 'unavailable', checks: body.checks ?? {} };
  },
  refetchInterval: REFRESH.list_ms,
  retry: false,
});
