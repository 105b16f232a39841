// What can be done with a command batch that has not ended: add to it and close it while it is open, and cancel it.

import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { CommandBatchDetail, NewCommand } from '../../../../src/http/contract.ts';
import { addCommands, cancelCommandBatch, closeCommandBatch, commandBatchKeys } from '../../api/command-batches.ts';
import { commandKeys } from '../../api/commands.ts';
import { actorBody, useActor } from '../../parts/actor.ts';
import { VerbDialog } from '../../parts/form/verb-dialog.tsx';
import { formatCount, pluralize } from '../../parts/format.ts';
import { startToast } from '../../parts/toast.ts';
import { AddDialog } from './add-dialog.tsx';

export interface BatchVerbs {
  askAdd: () => void;
  askClose: () => void;
  askCancel: () => void;
  closing: boolean;
  canceling: boolean;
  dialogs: ReactNode;
}

export function useBatchVerbs(batch: CommandBatchDetail): BatchVerbs {
  const [adding, add] = useDisclosure(false);
  const [closing, close] = useDisclosure(false);
  const [canceling, cancel] = useDisclosure(false);
  const actor = useActor();
  const queryClient = useQueryClient();
  const refresh = () =>
    Promise.all([commandBatchKeys.all, commandKeys.all].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
  const bodyOf = (reason: string) => ({ ...actorBody(actor), ...(reason && { reason }) });

  const closed = useMutation({
    mutationFn: () => closeCommandBatch(batch.batch_id, bodyOf('')),
    onMutate: () => startToast('Closing the batch…'),
    onSuccess: (_answer, _none, toast) => toast.done('Closed', 'It ends when its last command has.'),
    onError: (error, _none, toast) => toast?.failed('Not closed', error),
    onSettled: refresh,
  });
  const canceled = useMutation({
    mutationFn: (reason: string) => cancelCommandBatch(batch.batch_id, bodyOf(reason)),
    onMutate: () => startToast('Canceling the batch…'),
    onSuccess: (_answer, _reason, toast) =>
      toast.done('Canceling', 'What never began is cancelled; the rest runs out.'),
    onError: (error, _reason, toast) => toast?.failed('Not canceled', error),
    onSettled: refresh,
  });
  const added = useMutation({
    mutationFn: (commands: NewCommand[]) => addCommands(batch.batch_id, commands),
    onMutate: (commands) => startToast(`Adding ${pluralize(commands.length, 'command')}…`),
    onSuccess: ({ total_count }, commands, toast) => {
      add.close();
      toast.done(`${pluralize(commands.length, 'command')} added`, `The batch has ${formatCount(total_count)} now.`);
    },
    onError: (error, _commands, toast) => toast?.failed('Nothing added', error),
    onSettled: refresh,
  });

  const dialogs = (
    <>
      <AddDialog
        opened={adding}
        onClose={add.close}
        onAdd={(commands) => added.mutate(commands)}
        busy={added.isPending}
        error={added.error}
      />
      <VerbDialog
        title="Close this batch?"
        opened={closing}
        onClose={close.close}
        onConfirm={() => closed.mutate()}
        confirm="Close batch"
        keep="Keep it open"
      >
        It takes no more commands then, and ends when its last one has.
      </VerbDialog>
      <VerbDialog
        title="Cancel this batch?"
        opened={canceling}
        onClose={cancel.close}
        onConfirm={(reason) => canceled.mutate(reason)}
        confirm="Cancel batch"
        keep="Keep it running"
        withReason
      >
        Commands that were never attempted are cancelled, and no more are created. What has begun runs to its end.
      </VerbDialog>
    </>
  );
  return {
    askAdd: add.open,
    askClose: close.open,
    askCancel: cancel.open,
    closing: closed.isPending,
    canceling: canceled.isPending,
    dialogs,
  };
}
