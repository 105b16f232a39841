// Launches what the form holds: a toast at once, then to the batch; the server's complaints go to their fields.
// Promises that sending the same form again after a lost answer launches nothing twice.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Problem } from '../../../../src/http/contract.ts';
import { batchKeys, type LaunchRequest, launchBatch } from '../../api/batches.ts';
import { problemFrom } from '../../api/client.ts';
import { statsKeys } from '../../api/stats.ts';
import { useIdempotencyKey } from '../../parts/form/idempotency.ts';
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
  const keyOf = useIdempotencyKey<LaunchRequest>();

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
        navigate({ to: '/process-batches/$id', params: { id: answer.batch_id } }),
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
