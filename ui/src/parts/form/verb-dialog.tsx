// Asks once more before something that cannot be taken back, with a reason for the audit where there is one.

import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Dialog } from '../dialog.tsx';

export interface VerbDialogProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  onConfirm: (reason: string) => void;
  /** What will happen. */
  children: ReactNode;
  /** The two buttons: what it does, and what leaving does. */
  confirm: string;
  keep: string;
  /** Asks for a reason, which may stay empty. */
  withReason?: boolean;
}

const MAX_REASON = 1_000;

export function VerbDialog(props: VerbDialogProps) {
  const { title, opened, onClose, onConfirm, children, confirm, keep, withReason } = props;
  const [reason, setReason] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onClose();
    onConfirm(reason.trim());
    setReason('');
  };
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm" component="div">
            {children}
          </Text>
          {withReason && (
            <TextInput
              label="Reason"
              description="for the audit; may stay empty"
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              maxLength={MAX_REASON}
              data-autofocus
            />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {keep}
            </Button>
            <Button type="submit" color="red.9" data-testid="confirm">
              {confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
