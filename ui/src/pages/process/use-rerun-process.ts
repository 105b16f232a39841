// Runs one process again, alone, as a batch of one: said at once in a toast, and then to that batch.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { batchKeys } from '../../api/batches.ts';
import { rerunProcess } from '../../api/verdicts.ts';
import { startToast } from '../../parts/toast.ts';

export function useRerunProcess(processId: string) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => rerunProcess(processId),
    onMutate: () => startToast('Launching this process again…'),
    onSuccess: async (answer, _none, toast) => {
      toast.done('Launched again', 'Alone, with the same faults at the same attempts.');
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: batchKeys.all }),
        navigate({ to: '/process-batches/$id', params: { id: answer.batch_id } }),
      ]);
    },
    onError: (error, _none, toast) => toast?.failed('Not launched again', error),
  });
}
