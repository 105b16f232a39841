// The configuration and the health of the service.

import { queryOptions, useQuery } from '@tanstack/react-query';
import type { Config, Health, SettingsChange } from '../../../src/http/contract.ts';
import { apiUrl, read, request } from './client.ts';
import { REFRESH } from './refresh.ts';

export type ProcessType = Config['process_types'][number];

export const serviceKeys = { config: ['config'] as const };

/** Process types and their steps, which change only with a restart of the service, and the settings. */
export const configQuery = queryOptions({
  queryKey: serviceKeys.config,
  queryFn: read<Config>('/config'),
  staleTime: 60_000,
});

/** Changes some settings; null resets one to its default. */
export function changeSettings(body: SettingsChange): Promise<Config> {
  return request<Config>('/config', { method: 'PUT', body });
}

/** Undefined while it is read, and for a type that this service does not know. */
export function useProcessType(type: string | null): ProcessType | undefined {
  const { data } = useQuery(configQuery);
  return data?.process_types.find((candidate) => candidate.type === type);
}

/** The names of its input fields, in the order of the definition. */
export function inputNames(type: ProcessType | undefined): string[] {
  const properties = type?.input.properties;
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

/** A 503 says which check fails; only no response is an error. */
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
