// Cancelling a batch: asked for once more, said at once, and followed by what the server makes of it.

import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { MAX_LENGTH } from '../../../../src/model/limits.ts';
import { batchKeys, cancelBatch } from '../../api/batches.ts';
import { actorBody, useActor } from '../../parts/actor.ts';
import { notCreatedCount } from '../../parts/batch-progress.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { pluralize } from '../../parts/format.ts';
import { startToast } from '../../parts/toast.ts';

export interface CancelBatch {
  askCancel: () => void;
  dialog: ReactNode;
  busy: boolean;
}

export function useCancelBatch(batch: BatchDetail): CancelBatch {
  const [opened, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState('');
  const actor = useActor();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: () =>
      cancelBatch(batch.batch_id, { ...actorBody(actor), ...(reason.trim() && { reason: reason.trim() }) }),
    onMutate: () => startToast('Canceling the batch…'),
    onSuccess: async (_answer, _none, toast) => {
      toast.done('Canceling', 'What never began is cancelled; the rest runs out.');
      await queryClient.invalidateQueries({ queryKey: batchKeys.all });
    },
    onError: (error, _none, toast) => toast?.failed('Not canceled', error),
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    close();
    mutation.mutate();
  };

  const dialog = (
    <Dialog opened={opened} onClose={close} title="Cancel this batch?">
      <form onSubmit={submit}>
        <Stack gap="md">
          <Text size="sm">
            {pluralize(notCreatedCount(batch), 'process', 'processes')} will not be created, and those not yet attempted
            are cancelled. What has begun runs to its end.
          </Text>
          <TextInput
            label="Reason"
            description="for the audit; may stay empty"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={MAX_LENGTH.reason}
            data-autofocus
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Keep it running
            </Button>
            <Button type="submit" color="red.9" data-testid="confirm-cancel-batch">
              Cancel batch
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );

  return { askCancel: open, dialog, busy: mutation.isPending };
}
