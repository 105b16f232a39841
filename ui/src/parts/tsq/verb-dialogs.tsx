// What a verb asks before it acts: a cancellation its reason, a completion its result and a note.

import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { VerbBody } from '../../../../src/http/contract.ts';
import { MAX_LENGTH } from '../../../../src/model/limits.ts';
import { Dialog } from '../dialog.tsx';
import { formatCount } from '../format.ts';
import classes from './tsq.module.css';

export interface VerbDialogProps {
  /** How many commands it is about; null while the dialog is closed. */
  count: number | null;
  onClose: () => void;
  onConfirm: (body: VerbBody) => void;
}

function about(count: number | null): string {
  return count === 1 ? 'this command' : `${formatCount(count ?? 0)} commands`;
}

function noun(count: number | null): string {
  return count === 1 ? 'command' : 'commands';
}

export function RetryDialog({ count, onClose, onConfirm }: VerbDialogProps) {
  const [note, setNote] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onConfirm(note.trim() ? { reason: note.trim() } : {});
    setNote('');
  };
  return (
    <Dialog opened={count !== null} onClose={onClose} title={`Retry ${about(count)}?`}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">Each goes back to its queue with its full number of attempts.</Text>
          <NoteField value={note} onChange={setNote} />
          <Buttons onClose={onClose} label={`Retry ${noun(count)}`} keep="Back" />
        </Stack>
      </form>
    </Dialog>
  );
}

function NoteField({ value, onChange }: { value: string; onChange: (note: string) => void }) {
  return (
    <Textarea
      label="Note"
      description="Recorded in the audit with your name; may stay empty"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      maxLength={MAX_LENGTH.reason}
      autosize
      minRows={1}
    />
  );
}

export function CancelDialog({ count, onClose, onConfirm }: VerbDialogProps) {
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!reason.trim()) return setMissing(true);
    onConfirm({ reason: reason.trim() });
    setReason('');
  };
  return (
    <Dialog opened={count !== null} onClose={onClose} title={`Cancel ${about(count)}?`}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">It will never be done. A process that waits for it compensates the steps it took.</Text>
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
          <Buttons onClose={onClose} label={`Cancel ${noun(count)}`} color="red.9" keep="Keep waiting" />
        </Stack>
      </form>
    </Dialog>
  );
}

export function CompleteDialog({ count, onClose, onConfirm }: VerbDialogProps) {
  const [result, setResult] = useState('');
  const [note, setNote] = useState('');
  const [error, setError] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body: VerbBody = note.trim() ? { reason: note.trim() } : {};
    if (result.trim()) {
      try {
        body.result = JSON.parse(result) as VerbBody['result'];
      } catch {
        return setError('must be JSON');
      }
    }
    onConfirm(body);
    setResult('');
    setNote('');
  };
  return (
    <Dialog opened={count !== null} onClose={onClose} title={`Complete ${about(count)} by hand?`}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">It counts as done, and its process goes on with the result given here.</Text>
          <Textarea
            label="Result (JSON)"
            description="may stay empty"
            placeholder='{"result_path": "..."}'
            value={result}
            error={error}
            onChange={(event) => {
              setResult(event.currentTarget.value);
              setError(null);
            }}
            autosize
            minRows={3}
            maxRows={12}
            classNames={{ input: classes.mono }}
            data-autofocus
          />
          <NoteField value={note} onChange={setNote} />
          <Buttons onClose={onClose} label={`Complete ${noun(count)}`} keep="Back" />
        </Stack>
      </form>
    </Dialog>
  );
}

function Buttons({
  onClose,
  label,
  color,
  keep,
}: {
  onClose: () => void;
  label: string;
  color?: string;
  keep: string;
}) {
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onClose}>
        {keep}
      </Button>
      <Button type="submit" color={color} data-testid="confirm-verb">
        {label}
      </Button>
    </Group>
  );
}
