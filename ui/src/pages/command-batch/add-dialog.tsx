// Commands for an open batch, as JSON: checked here for being a list, by the server for being commands.

import { Button, Group, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { NewCommand } from '../../../../src/http/contract.ts';
import { LIMITS } from '../../../../src/model/limits.ts';
import { problemFrom } from '../../api/client.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { JsonField } from '../../parts/form/json-field.tsx';
import { Refusal } from '../../parts/form/request-card.tsx';
import { commandsError } from '../send/many-form.ts';

export interface AddDialogProps {
  opened: boolean;
  onClose: () => void;
  onAdd: (commands: NewCommand[]) => void;
  busy: boolean;
  error: unknown;
}

export function AddDialog({ opened, onClose, onAdd, busy, error }: AddDialogProps) {
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const wrong = commandsError(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong === null) onAdd(JSON.parse(text) as NewCommand[]);
  };
  return (
    <Dialog opened={opened} onClose={onClose} title="Add commands">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <JsonField
            label="Commands"
            description={`a JSON array of 1 to ${LIMITS.request_commands.max.toLocaleString('en-US')}; all are added, or none`}
            placeholder='[{"type": "TestCommand", "payload": {"account": 7}}]'
            value={text}
            onChange={setText}
            error={tried ? wrong : undefined}
            minRows={6}
            data-autofocus
          />
          {error !== null && <Refusal problem={problemFrom(error)} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Leave it
            </Button>
            <Button type="submit" loading={busy}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
