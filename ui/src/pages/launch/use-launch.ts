// Launches what the form holds: a toast at once, then to the batch; the server's complaints go to their fields.
// Promises that sending the same form again after a lost answer launches nothing twice.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Problem } from '../../../../src/http/contract.ts';
import { batchKeys, type LaunchRequest, launchBatch } from '../../api/batches.ts';
import { problemFrom } from '../../api/client.ts';
import { statsKeys } from '../../api/stats.ts';
import { formatCount, pluralize } from '../../parts/format.ts';
import { startToast } from '../../parts/toast.ts';
import { type LaunchContext, placeErrors } from './form.ts';

export interface Launcher {
  launch: (request: LaunchRequest) => void;
  busy: boolean;
  /** What was refused and belongs to no field. */
  refusal: Problem | null;
}

export function useLaunch(context: LaunchContext, onFieldErrors: (errors: Record<string, string>) => void): Launcher {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const keyOf = useIdempotencyKey();

  const mutation = useMutation({
    mutationFn: (request: LaunchRequest) => launchBatch(request, keyOf(request)),
    onMutate: (request) => {
      setRefusal(null);
      return startToast(`Launching ${pluralize(request.count ?? 1, 'process', 'processes')}…`, request.name);
    },
    onSuccess: async (answer, _request, toast) => {
      // Accepted is not created: the launch goes on, and the batch's page shows how far it is.
      toast.done(`Launching ${pluralize(answer.total_count, 'process', 'processes')}`, `Accepted, seed ${answer.seed}`);
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: batchKeys.all }),
        queryClient.invalidateQueries({ queryKey: statsKeys.overview }),
        navigate({ to: '/batches/$id', params: { id: answer.batch_id } }),
      ]);
    },
    onError: (error, request, toast) => {
      toast?.failed(`${formatCount(request.count ?? 1)} not launched`, error);
      const problem = problemFrom(error);
      const { byField, rest } = placeErrors(problem, context);
      onFieldErrors(byField);
      if (rest.length > 0 || Object.keys(byField).length === 0) setRefusal({ ...problem, errors: rest });
    },
  });

  return { launch: (request) => mutation.mutate(request), busy: mutation.isPending, refusal };
}

/** One key for as long as the body stays the same. */
function useIdempotencyKey(): (request: LaunchRequest) => string {
  const last = useRef({ body: '', key: '' });
  return (request) => {
    const body = JSON.stringify(request);
    if (last.current.body !== body) last.current = { body, key: randomKey() };
    return last.current.key;
  };
}

/** Not `crypto.randomUUID`: over plain http that exists on loopback only. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
