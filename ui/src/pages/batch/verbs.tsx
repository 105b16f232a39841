// The verbs of a process batch: cancel it, stop injection, change its chaos, verify it, run it again.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { batchKeys, cancelBatch } from '../../api/batches.ts';
import { changeBehavior, rerunBatch, stopInjection, verdictKeys, verifyBatch } from '../../api/verdicts.ts';
import { notCreatedCount } from '../../parts/batch/progress.tsx';
import { momentOf } from '../../parts/experiment/prediction.ts';
import { useVerbDialog } from '../../parts/form/use-verb-dialog.tsx';
import { pluralize } from '../../parts/format.ts';
import { startToast } from '../../parts/toast.ts';
import { useVerb } from '../../parts/use-verb.ts';

export function useCancelBatch(batch: BatchDetail) {
  const cancel = useVerb<string>({
    send: (reason, by) => cancelBatch(batch.batch_id, by(reason)),
    doing: 'Canceling the batch',
    done: ['Canceling', 'What has not begun is canceled; the rest runs to its end.'],
    failed: 'Not canceled',
    affects: [batchKeys.all],
  });
  return useVerbDialog(cancel, {
    title: 'Cancel this batch?',
    confirm: 'Cancel batch',
    keep: 'Keep it running',
    reason: 'optional',
    children: `${pluralize(notCreatedCount(batch), 'process', 'processes')} will not be created, and those not yet attempted are canceled. What has begun runs to its end.`,
  });
}

export function useStopInjection(batchId: string) {
  const stop = useVerb<string>({
    send: (reason, by) => stopInjection(batchId, by(reason)),
    doing: 'Stopping injection',
    done: ['Injection is stopped', 'The batch continues without chaos.'],
    failed: 'Injection continues',
    affects: [batchKeys.all],
  });
  return useVerbDialog(stop, {
    title: 'Stop injection into this batch?',
    confirm: 'Stop injection',
    keep: 'Keep injecting',
    reason: 'optional',
    children:
      'No more faults are injected into it, and its turbulence ends. Its processes continue without chaos. This cannot be undone.',
  });
}

export interface BehaviorChange {
  behavior: Record<string, unknown> | null;
  reason: string;
}

export function useChangeBehavior(batchId: string, onDone: () => void) {
  return useVerb({
    send: ({ behavior, reason }: BehaviorChange, by) => changeBehavior(batchId, { behavior, ...by(reason) }),
    doing: 'Changing chaos',
    done: ({ version }) => [
      `Chaos changed, version ${version}`,
      'Steps sent from now on use it; those sent before keep theirs.',
    ],
    failed: 'Chaos not changed',
    affects: [batchKeys.all],
    onDone,
  });
}

/** Computes the verdict again: the stored one does not see what was changed by hand since. */
export function useVerifyNow(batch: BatchDetail) {
  const queryClient = useQueryClient();
  const { batch_id } = batch;
  return useMutation({
    mutationFn: () => verifyBatch(batch_id),
    onSuccess: (verdict) => {
      queryClient.setQueryData(verdictKeys.verdict({ batch_id, moment: momentOf(batch) }), verdict);
      return queryClient.invalidateQueries({ queryKey: verdictKeys.reports(batch_id) });
    },
    onError: (error) => startToast('Verifying…').failed('Not verified', error),
  });
}

export function useRerunBatch({ batch_id, total_count }: BatchDetail) {
  const navigate = useNavigate();
  return useVerb({
    send: () => rerunBatch(batch_id),
    doing: `Launching ${pluralize(total_count, 'process', 'processes')} again`,
    done: (answer) => [
      `Launching ${pluralize(answer.total_count, 'process', 'processes')}`,
      `The same seed, ${answer.seed}`,
    ],
    failed: 'Not launched again',
    affects: [batchKeys.all],
    onDone: (answer) => navigate({ to: '/process-batches/$id', params: { id: answer.batch_id } }),
  });
}
