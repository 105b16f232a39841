// The kill switch: whether all chaos is stopped, by whom and why; query key, fetch and verb, side by side.

import { queryOptions } from '@tanstack/react-query';
import type { KillSwitch } from '../../../src/http/contract.ts';
import { request } from './client.ts';
import { REFRESH } from './refresh.ts';

export const killSwitchKeys = { all: ['kill-switch'] as const };

/** Asked again and again: somebody else may pull it. */
export const killSwitchQuery = queryOptions({
  queryKey: killSwitchKeys.all,
  queryFn: ({ signal }) => request<KillSwitch>('/chaos', { signal }),
  refetchInterval: REFRESH.list_ms,
});

export function engageKillSwitch(body: { stopped: boolean; reason?: string; actor?: string }): Promise<KillSwitch> {
  return request<KillSwitch>('/chaos', { method: 'PUT', body });
}
