// The event stream of one batch: writes each `batch` event into the cache of the detail query, and invalidates the verdict.
// The state is `live` only while events or pings arrive.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { BatchDetail } from '../../../src/http/contract.ts';
import { batchKeys } from './batches.ts';
import { apiUrl, path } from './client.ts';
import { verdictKeys } from './verdicts.ts';

/** `connecting`: nothing received yet; `lost`: dropped or silent, and opened again. */
export type StreamState = 'off' | 'connecting' | 'live' | 'lost';

/** Longer than any pause between two pings. */
const SILENCE_MS = 30_000;
const REOPEN_MS = 5_000;

/** Follows the batch while `enabled`. A dropped stream is opened again. */
export function useBatchEvents(batchId: string, enabled: boolean): StreamState {
  const queryClient = useQueryClient();
  const [state, setState] = useState<StreamState>('off');

  useEffect(() => {
    if (!enabled) {
      setState('off');
      return;
    }
    setState('connecting');
    return followBatch(batchId, {
      onState: setState,
      onBatch: (batch) => queryClient.setQueryData(batchKeys.detail(batchId), batch),
      onVerdict: () => {
        for (const queryKey of [verdictKeys.verdicts(batchId), verdictKeys.reports(batchId)]) {
          void queryClient.invalidateQueries({ queryKey });
        }
      },
    });
  }, [batchId, enabled, queryClient]);

  return state;
}

interface Listeners {
  onState: (state: StreamState) => void;
  onBatch: (batch: BatchDetail) => void;
  onVerdict: () => void;
}

function followBatch(batchId: string, { onState, onBatch, onVerdict }: Listeners): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const reopenAfter = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(open, ms);
  };
  const heard = () => {
    onState('live');
    clearTimeout(timer);
    timer = setTimeout(() => {
      onState('lost');
      open();
    }, SILENCE_MS);
  };
  const open = () => {
    source?.close();
    source = new EventSource(apiUrl(path`/process-batches/${batchId}/events`));
    source.addEventListener('batch', (event) => {
      onBatch(JSON.parse((event as MessageEvent<string>).data) as BatchDetail);
      heard();
    });
    source.addEventListener('verdict', () => {
      onVerdict();
      heard();
    });
    source.addEventListener('ping', heard);
    source.addEventListener('error', () => {
      onState('lost');
      // The browser reconnects after a broken connection, but not after a response it refused.
      if (source?.readyState === EventSource.CLOSED) reopenAfter(REOPEN_MS);
    });
  };

  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
