// Pulls the kill switch, or puts it back: said at once in a toast, and true on every page when it is done.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { batchKeys } from '../../api/batches.ts';
import { engageKillSwitch, killSwitchKeys } from '../../api/kill-switch.ts';
import { actorBody, useActor } from '../actor.ts';
import { startToast } from '../toast.ts';

export function useKillSwitch() {
  const queryClient = useQueryClient();
  const actor = useActor();
  return useMutation({
    mutationFn: ({ stopped, reason }: { stopped: boolean; reason: string }) =>
      engageKillSwitch({ stopped, ...actorBody(actor), ...(reason && { reason }) }),
    onMutate: ({ stopped }) => startToast(stopped ? 'Stopping all chaos…' : 'Letting chaos go on…'),
    onSuccess: (killSwitch, { stopped }, toast) => {
      queryClient.setQueryData(killSwitchKeys.all, killSwitch);
      if (stopped) toast.done('All chaos is stopped', 'Nothing is injected any more. The work itself goes on.');
      else toast.done('Chaos goes on', 'What was asked for is injected again.');
      return queryClient.invalidateQueries({ queryKey: batchKeys.all });
    },
    onError: (error, { stopped }, toast) =>
      toast?.failed(stopped ? 'Chaos was not stopped' : 'Chaos stays stopped', error),
  });
}
