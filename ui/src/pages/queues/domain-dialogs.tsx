// What is asked before a domain is paused or capped: why, and how many.

import { Button, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Queue } from '../../../../src/http/contract.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { wholeNumberError } from '../../parts/form/checks.ts';
import { formatCount, pluralize } from '../../parts/format.ts';
import type { DomainVerb } from './use-domain-verb.ts';

export interface DomainDialogProps {
  /** Null while the dialog is closed. */
  queue: Queue | null;
  onClose: () => void;
  onConfirm: (act: DomainVerb) => void;
}



export function PauseDialog({ queue, onClose, onConfirm }: DomainDialogProps) {
  const [reason, setReason] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (queue) onConfirm({ verb: 'pause', domain: queue.domain, reason: reason.trim() });
    setReason('');
  };
  return (
    <Dialog opened={queue !== null} onClose={onClose} title={`Pause ${queue?.domain ?? ''}?`}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            No worker takes anything more of it until somebody resumes it.{' '}
            {pluralize(queue?.in_progress ?? 0, 'command')} in progress will run to the end; new ones can still be sent,
            and wait.
          </Text>
          <TextInput
            label="Reason"
            description="shown beside the domain; may stay empty"
            value={reason}
            maxLength={1_000}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep it running
            </Button>
            <Button type="submit" color="orange.9" data-testid="confirm-pause">
              Pause
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** Mounted again for each domain, so that it begins with that domain's cap. */
export function CapDialog({ queue, onClose, onConfirm }: DomainDialogProps) {
  return (
    <Dialog opened={queue !== null} onClose={onClose} title={`Cap ${queue?.domain ?? ''}`}>
      {queue && <CapForm key={queue.domain} queue={queue} onClose={onClose} onConfirm={onConfirm} />}
    </Dialog>
  );
}

function CapForm({ queue, onClose, onConfirm }: DomainDialogProps & { queue: Queue }) {
  const [cap, setCap] = useState<number | string>(queue.max_in_flight ?? '');
  const [tried, setTried] = useState(false);
  const error = wholeNumberError(cap, LIMITS.max_in_flight);
  const confirm = (max_in_flight: number | null) => onConfirm({ verb: 'cap', domain: queue.domain, max_in_flight });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (error === null) confirm(Number(cap));
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text size="sm">
          How many of its commands may be in progress at a time, over all workers; they have{' '}
          {pluralize(queue.slots, 'slot')} for it now. What runs above a new cap is not cut short.
        </Text>
        <NumberInput
          label="At most in progress"
          description={`1 to ${formatCount(MAX_CAP)}`}
          value={cap}
          error={tried ? error : undefined}
          onChange={setCap}
          min={1}
          max={MAX_CAP}
          data-autofocus
        />
        <Group justify="space-between" gap="xs">
          <Button
            variant="subtle"
            color="gray"
            disabled={queue.max_in_flight === null}
            onClick={() => confirm(null)}
            data-testid="lift-cap"
          >
            Lift the cap
          </Button>
          <Group gap="xs">
            <Button variant="default" onClick={onClose}>
              Back
            </Button>
            <Button type="submit" data-testid="confirm-cap">
              Set cap
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
