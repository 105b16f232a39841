// Asks for confirmation before something that cannot be undone, and for a reason where the audit records one.

import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { MAX_LENGTH } from '../../../../src/model/limits.ts';
import { Dialog } from '../dialog.tsx';

export interface VerbDialogProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  onConfirm: (reason: string) => void;
  /** What will happen, and further fields. */
  children: ReactNode;
  /** The labels of the two buttons: what it does, and what leaving does. */
  confirm: string;
  keep: string;
  color?: string | undefined;
  /** Asks for a reason. */
  reason?: 'optional' | 'required' | undefined;
  /** Asked when it is submitted: false keeps the dialog open. */
  check?: () => boolean;
}

export default function VerbDialog(props: VerbDialogProps) {
  const { title, opened, onClose, onConfirm, children, confirm, keep, color = 'red.9', check } = props;
  const required = props.reason === 'required';
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A second click while the dialog fades out.
    if (!opened) return;
    if (required && !reason.trim()) return setMissing(true);
    if (check && !check()) return;
    onClose();
    onConfirm(reason.trim());
    setReason('');
    setMissing(false);
  };
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Text size="sm" component="div">
            {children}
          </Text>
          {props.reason && (
            <Textarea
              label="Reason"
              description={`Recorded in the audit with your name${required ? '' : '; optional'}`}
              withAsterisk={required}
              value={reason}
              error={missing && !reason.trim() ? 'is needed' : undefined}
              onChange={(event) => setReason(event.currentTarget.value)}
              maxLength={MAX_LENGTH.reason}
              autosize
              minRows={required ? 2 : 1}
              data-autofocus
            />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {keep}
            </Button>
            <Button type="submit" color={color} data-testid="confirm">
              {confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
