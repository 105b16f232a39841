// Cancelling a process: why, and whether what it did is undone; said at once, and followed by what became of it.

import { Button, Group, Radio, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { ProcessDetail } from '../../../../src/http/contract.ts';
import { MAX_LENGTH } from '../../../../src/model/limits.ts';
import { batchKeys } from '../../api/batches.ts';
import { cancelProcess, processKeys } from '../../api/processes.ts';
import { statsKeys } from '../../api/stats.ts';
import { tsqKeys } from '../../api/tsq.ts';
import { actorBody, useActor } from '../../parts/actor.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { startToast } from '../../parts/toast.ts';

export interface CancelProcess {
  askCancel: () => void;
  dialog: ReactNode;
  busy: boolean;
}

/** Not after its end, nor while it is being undone, also where a compensation waits for an operator. */
export function canBeCancelled({ status, steps }: ProcessDetail): boolean {
  if (status === 'WAITING_FOR_REPLY') return true;
  return status === 'WAITING_FOR_TSQ' && !steps.some(({ purpose }) => purpose === 'compensation');
}

export function useCancelProcess({ process_id }: ProcessDetail): CancelProcess {
  const [opened, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const [undo, setUndo] = useState<'undo' | 'keep'>('undo');
  const actor = useActor();
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: () =>
      cancelProcess(process_id, { ...actorBody(actor), reason: reason.trim(), compensate: undo === 'undo' }),
    onMutate: () => startToast('Canceling the process…'),
    onSuccess: (_answer, _none, toast) =>
      toast.done('Process canceled', undo === 'undo' ? 'What it did is being undone.' : 'What it did stays done.'),
    onError: (error, _none, toast) => toast?.failed('Not canceled', error),
    onSettled: () =>
      Promise.all(
        [processKeys.all, tsqKeys.all, batchKeys.all, statsKeys.overview].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      ),
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!reason.trim()) return setMissing(true);
    close();
    mutation.mutate();
  };

  const dialog = (
    <Dialog opened={opened} onClose={close} title="Cancel this process?">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Text size="sm">What it waits for is given up, and nothing more is sent forward.</Text>
          <Radio.Group
            label="What it did so far"
            value={undo}
            onChange={(value) => setUndo(value === 'keep' ? 'keep' : 'undo')}
          >
            <Stack gap="xs" mt={6}>
              <Radio
                value="undo"
                label="Undo what was done"
                description="Its steps are compensated, newest first"
                data-testid="cancel-undo"
              />
              <Radio
                value="keep"
                label="Leave it done"
                description="It ends at once, and nobody undoes it later"
                data-testid="cancel-keep"
              />
            </Stack>
          </Radio.Group>
          <Textarea
            label="Reason"
            description="Recorded in the audit with your name"
            withAsterisk
            value={reason}
            error={missing && !reason.trim() ? 'is needed' : undefined}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={MAX_LENGTH.reason}
            autosize
            minRows={2}
            data-autofocus
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Keep it running
            </Button>
            <Button type="submit" color="red.9" data-testid="confirm-cancel-process">
              Cancel process
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );

  return { askCancel: open, dialog, busy: mutation.isPending };
}
