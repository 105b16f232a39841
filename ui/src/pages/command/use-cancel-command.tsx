// Cancelling a command that is not settled: asked for once more, said at once, and told plainly when it was too late.

import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { CommandDetail } from '../../../../src/http/contract.ts';
import { commandBatchKeys } from '../../api/command-batches.ts';
import { cancelCommand, commandKeys } from '../../api/commands.ts';
import { processKeys } from '../../api/processes.ts';
import { replyKeys } from '../../api/replies.ts';
import { actorBody, useActor } from '../../parts/actor.ts';
import { VerbDialog } from '../../parts/form/verb-dialog.tsx';
import { startToast } from '../../parts/toast.ts';

export interface CancelCommand {
  askCancel: () => void;
  dialog: ReactNode;
  busy: boolean;
}

export function useCancelCommand(command: CommandDetail): CancelCommand {
  const [opened, { open, close }] = useDisclosure(false);
  const actor = useActor();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: (reason: string) =>
      cancelCommand(command.command_id, { ...actorBody(actor), ...(reason && { reason }) }),
    onMutate: () => startToast('Canceling the command…'),
    onSuccess: (_answer, _reason, toast) => toast.done('Command canceled'),
    onError: (error, _reason, toast) => toast?.failed('Not canceled', error),
    // Refused or not: what one sees was out of date.
    onSettled: () =>
      Promise.all(
        [commandKeys.all, commandBatchKeys.all, processKeys.all, replyKeys.all].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      ),
  });
  const dialog = (
    <VerbDialog
      title="Cancel this command?"
      opened={opened}
      onClose={close}
      onConfirm={(reason) => mutation.mutate(reason)}
      confirm="Cancel command"
      keep="Keep it"
      withReason
    >
      {command.status === 'IN_PROGRESS'
        ? 'A worker has it: the attempt is told to stop, and what it returns counts no more.'
        : 'It will never be attempted.'}{' '}
      {command.process_id && 'Its process compensates the steps it took.'}
    </VerbDialog>
  );
  return { askCancel: open, dialog, busy: mutation.isPending };
}
