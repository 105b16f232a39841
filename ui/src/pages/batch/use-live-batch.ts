// The present state of a batch: from its event stream, or by polling while the stream is down; and which of the two.

import { useDocumentVisibility } from '@mantine/hooks';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { useBatchEvents } from '../../api/batch-events.ts';
import { batchDetailQuery } from '../../api/batches.ts';
import { REFRESH, unlessRefused } from '../../api/refresh.ts';
import { type Liveness, REFRESHING } from '../../parts/live-dot.tsx';
import { isTerminalBatch } from '../../parts/status.ts';

export interface LiveBatch {
  query: UseQueryResult<BatchDetail>;
  liveness: Liveness;
  word: string;
}

export function useLiveBatch(id: string): LiveBatch {
  const known = useQuery({ ...batchDetailQuery(id), enabled: false }).data;
  const ended = known !== undefined && isTerminalBatch(known.status);
  // A hidden tab closes its stream: browsers allow six connections to a server, over all tabs.
  const visible = useDocumentVisibility() === 'visible';
  const stream = useBatchEvents(id, known !== undefined && !ended && visible);
  const query = useQuery({
    ...batchDetailQuery(id),
    refetchInterval: ({ state }) => (ended || stream === 'live' ? false : unlessRefused(REFRESH.live_ms, state.error)),
  });

  if (ended) return { query, liveness: 'still', word: 'Final' };
  if (stream === 'live') return { query, liveness: 'live', word: 'Live' };
  if (query.isError || query.failureCount > 0) return { query, liveness: 'down', word: 'No connection' };
  if (stream === 'lost') return { query, liveness: 'slow', word: REFRESHING };
  return { query, liveness: 'still', word: 'Connecting' };
}
