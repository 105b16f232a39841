// The kill switch: whether all chaos is stopped, by whom and why.

import { queryOptions } from '@tanstack/react-query';
import type { KillSwitch, VerbBody } from '../../../src/http/contract.ts';
import { get, request } from './client.ts';
import { REFRESH } from './refresh.ts';

export const killSwitchKeys = { all: ['kill-switch'] as const };

/** Polled: another operator may engage it. */
export const killSwitchQuery = queryOptions({
  queryKey: killSwitchKeys.all,
  queryFn: get<KillSwitch>('/chaos'),
  refetchInterval: REFRESH.list_ms,
});

export const engageKillSwitch = (body: { stopped: boolean } & Pick<VerbBody, 'reason' | 'actor'>) =>
  request<KillSwitch>('/chaos', { method: 'PUT', body });
