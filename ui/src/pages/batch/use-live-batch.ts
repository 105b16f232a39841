// A batch as it is now: by its event stream, and by asking while the stream is down.
// Promises a word on which of the two it is, for the light on the page.

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
  /** What the light says. */
  word: string;
}

export function useLiveBatch(id: string): LiveBatch {
  const known = useQuery({ ...batchDetailQuery(id), enabled: false }).data;
  const ended = known !== undefined && isTerminalBatch(known.status);
  // A hidden tab lets go of its stream: browsers allow but six connections to a server, for all tabs together.
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
