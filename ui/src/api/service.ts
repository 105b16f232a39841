// What this service is and whether it is well: configuration and health, each query key beside its fetch.

import { queryOptions } from '@tanstack/react-query';
import type { Config } from '../../../src/http/contract.ts';
import { apiUrl, request } from './client.ts';
import { REFRESH } from './refresh.ts';

export type ProcessType = Config['process_types'][number];

export interface Health {
  status: 'ok' | 'unavailable';
  checks: Record<string, string>;
}

export const serviceKeys = {
  config: ['config'] as const,
  health: ['health'] as const,
};

/** Process types, their steps and the defaults; changes only with a restart of the service. */
export const configQuery = queryOptions({
  queryKey: serviceKeys.config,
  queryFn: ({ signal }) => request<Config>('/config', { signal }),
  staleTime: 60_000,
});

/** 503 is an answer too: it says which check fails. Only silence is an error. */
export const healthQuery = queryOptions({
  queryKey: serviceKeys.health,
  queryFn: async ({ signal }): Promise<Health> => {
    const response = await fetch(apiUrl('/health/ready'), { signal });
    const body = (await response.json()) as Partial<Health>;
    return { status: response.ok ? 'ok' : 'unavailable', checks: body.checks ?? {} };
  },
  refetchInterval: REFRESH.list_ms,
  retry: false,
});
