// Adds commands to an open batch, as JSON: the page checks that it is a list, the server that they are commands.

import { Button, Group, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { CommandBatchDetail, NewCommand } from '../../../../src/http/contract.ts';
import { LIMITS } from '../../../../src/model/limits.ts';
import { problemFrom } from '../../api/client.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { JsonField } from '../../parts/form/json-field.tsx';
import { Refusal } from '../../parts/form/request-card.tsx';
import { formatCount } from '../../parts/format.ts';
import { commandsError } from '../send/many-form.ts';
import { useAddCommands } from './verbs.tsx';

export interface AddDialogProps {
  batch: CommandBatchDetail;
  opened: boolean;
  onClose: () => void;
}

export function AddDialog({ batch, opened, onClose }: AddDialogProps) {
  const added = useAddCommands(batch, onClose);
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const wrong = commandsError(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong === null) added.mutate(JSON.parse(text) as NewCommand[]);
  };
  return (
    <Dialog opened={opened} onClose={onClose} title="Add commands">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <JsonField
            label="Commands"
            description={`a JSON array of 1 to ${formatCount(LIMITS.request_commands.max)}; all are added, or none`}
            placeholder='[{"type": "TestCommand", "payload": {"account": 7}}]'
            value={text}
            onChange={setText}
            error={tried ? wrong : undefined}
            minRows={6}
            data-autofocus
          />
          {added.error && <Refusal problem={problemFrom(added.error)} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={added.isPending}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
