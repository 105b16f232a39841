// Queues of domains: query key, fetch and verbs.

import { queryOptions } from '@tanstack/react-query';
import type { Domain, Queue, VerbBody } from '../../../src/http/contract.ts';
import { get, pathTo, post, request } from './client.ts';
import { REFRESH } from './refresh.ts';

export const queueKeys = { all: ['queues'] as const };

export const queuesQuery = queryOptions({
  queryKey: queueKeys.all,
  queryFn: get<{ items: Queue[] }>('/queues'),
  refetchInterval: REFRESH.live_ms,
});

type By = Pick<VerbBody, 'actor' | 'reason'>;

export const pauseDomain = (domain: string, body: By) => post<Domain>(pathTo('queues', domain, 'pause'), body);

export const resumeDomain = (domain: string, body: By) => post<Domain>(pathTo('queues', domain, 'resume'), body);

export const capDomain = (domain: string, body: By & { max_in_flight: number | null }) =>
  request<Domain>(pathTo('queues', domain), { method: 'PUT', body });
