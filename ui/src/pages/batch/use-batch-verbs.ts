// What one can do with a batch beside cancelling it: stop injection, change its chaos, run it again. Each said at once in a toast.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { batchKeys } from '../../api/batches.ts';
import { changeBehavior, rerunBatch, stopInjection, verdictKeys, verifyBatch } from '../../api/verdicts.ts';
import { actorBody, useActor } from '../../parts/actor.ts';
import { momentOf } from '../../parts/experiment/prediction.ts';
import { pluralize } from '../../parts/format.ts';
import { startToast } from '../../parts/toast.ts';

export function useStopInjection(batchId: string) {
  const queryClient = useQueryClient();
  const actor = useActor();
  return useMutation({
    mutationFn: (reason: string) => stopInjection(batchId, { ...actorBody(actor), ...(reason && { reason }) }),
    onMutate: () => startToast('Stopping injection…'),
    onSuccess: (_answer, _reason, toast) => toast.done('Injection is stopped', 'The batch goes on without chaos.'),
    onError: (error, _reason, toast) => toast?.failed('Injection goes on', error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: batchKeys.all }),
  });
}

export interface BehaviorChange {
  behavior: Record<string, unknown> | null;
  reason: string;
}

export function useChangeBehavior(batchId: string, onDone: () => void) {
  const queryClient = useQueryClient();
  const actor = useActor();
  return useMutation({
    mutationFn: ({ behavior, reason }: BehaviorChange) =>
      changeBehavior(batchId, { behavior, ...actorBody(actor), ...(reason && { reason }) }),
    onSuccess: (version) => {
      startToast('Changing chaos…').done(
        `Chaos changed, version ${version.version}`,
        'Steps sent from now on take it; those sent before keep theirs.',
      );
      onDone();
      return queryClient.invalidateQueries({ queryKey: batchKeys.all });
    },
  });
}

/** The verdict given again: what is stored does not know what was touched by hand since. */
export function useCheckNow(batch: BatchDetail) {
  const queryClient = useQueryClient();
  const { batch_id } = batch;
  return useMutation({
    mutationFn: () => verifyBatch(batch_id),
    onSuccess: (verdict) => {
      queryClient.setQueryData(verdictKeys.verdict({ batch_id, moment: momentOf(batch) }), verdict);
      return queryClient.invalidateQueries({ queryKey: verdictKeys.reports(batch_id) });
    },
    onError: (error) => startToast('Checking…').failed('Not checked', error),
  });
}

/** The same again, and to its page. */
export function useRerunBatch(batch: Pick<BatchDetail, 'batch_id' | 'total_count'>) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => rerunBatch(batch.batch_id),
    onMutate: () => startToast(`Launching ${pluralize(batch.total_count, 'process', 'processes')} again…`),
    onSuccess: async (answer, _none, toast) => {
      toast.done(`Launching ${pluralize(answer.total_count, 'process', 'processes')}`, `The same seed, ${answer.seed}`);
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: batchKeys.all }),
        navigate({ to: '/process-batches/$id', params: { id: answer.batch_id } }),
      ]);
    },
    onError: (error, _none, toast) => toast?.failed('Not launched again', error),
  });
}
