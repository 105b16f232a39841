// The kill switch: whether all chaos is stopped, by whom and why.

import { queryOptions } from '@tanstack/react-query';
import type { KillSwitch } from '../../../src/http/contract.ts';
import { read, request } from './client.ts';
import { REFRESH } from './refresh.ts';

export const killSwitchKeys = { all: ['kill-switch'] as const };

export const killSwitchQuery = queryOptions({
  queryKey: killSwitchKeys.all,
  queryFn: read<KillSwitch>('/chaos'),
  refetchInterval: REFRESH.list_ms,
});

export function engageKillSwitch(body: { stopped: boolean; reason?: string; actor?: string }): Promise<KillSwitch> {
  return request<KillSwitch>('/chaos', { method: 'PUT', body });
}
