// Adds commands to an open batch, as JSON.

import { Button, Group, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { CommandBatchDetail, NewCommand } from '../../../../src/http/contract.ts';
import { problemFrom } from '../../api/client.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Refusal } from '../../parts/form/request-card.tsx';
import { CommandsField } from '../send/commands-field.tsx';
import { commandsError } from '../send/many-form.ts';
import { useAddCommands } from './verbs.tsx';

export interface AddDialogProps {
  batch: CommandBatchDetail;
  opened: boolean;
  onClose: () => void;
}

export function AddDialog({ batch, opened, onClose }: AddDialogProps) {
  const add = useAddCommands(batch, onClose);
  const [text, setText] = useState('');
  const [isTried, setIsTried] = useState(false);
  const invalid = commandsError(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (invalid === null) add.mutate(JSON.parse(text) as NewCommand[]);
  };
  return (
    <Dialog opened={opened} onClose={onClose} title="Add commands">
      <form onSubmit={submit} noValidate>
        <Stack>
          <CommandsField
            verb="added"
            value={text}
            onChange={setText}
            error={isTried && invalid}
            minRows={6}
            data-autofocus
          />
          {add.error && <Refusal problem={problemFrom(add.error)} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Back
            </Button>
            <Button type="submit" loading={add.isPending}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
