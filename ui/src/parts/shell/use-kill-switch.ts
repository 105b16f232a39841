// Pulls the safety lever, or puts it back: said at once in a toast, and true on every page when it is done.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { batchKeys } from '../../api/batches.ts';
import { leverKeys, pullLever } from '../../api/kill-switch.ts';
import { actorBody, useActor } from '../actor.ts';
import { startToast } from '../toast.ts';

export function useLever() {
  const queryClient = useQueryClient();
  const actor = useActor();
  return useMutation({
    mutationFn: ({ stopped, reason }: { stopped: boolean; reason: string }) =>
      pullLever({ stopped, ...actorBody(actor), ...(reason && { reason }) }),
    onMutate: ({ stopped }) => startToast(stopped ? 'Stopping all chaos…' : 'Letting chaos go on…'),
    onSuccess: (lever, { stopped }, toast) => {
      queryClient.setQueryData(leverKeys.all, lever);
      if (stopped) toast.done('All chaos is stopped', 'Nothing is injected any more. The work itself goes on.');
      else toast.done('Chaos goes on', 'What was asked for is injected again.');
      return queryClient.invalidateQueries({ queryKey: batchKeys.all });
    },
    onError: (error, { stopped }, toast) =>
      toast?.failed(stopped ? 'Chaos was not stopped' : 'Chaos stays stopped', error),
  });
}
