// Shows and changes the actor: the name that the audit records with every operator verb.

import { Button, Group, Popover, Stack, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUser } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { MAX_LENGTH } from '../../../../src/model/limits.ts';
import { setActor, useActor } from '../actor.ts';
import classes from './shell.module.css';

export function ActorControl() {
  const actor = useActor();
  const [opened, { open, close }] = useDisclosure(false);
  const [draft, setDraft] = useState(actor);

  const save = (event: FormEvent) => {
    event.preventDefault();
    setActor(draft);
    close();
  };

  return (
    <Popover opened={opened} onDismiss={close} position="top-start" width={260} trapFocus returnFocus>
      <Popover.Target>
        <UnstyledButton
          className={classes.quiet}
          aria-label={`Acting as ${actor || 'local'}: change`}
          onClick={() => {
            setDraft(actor);
            opened ? close() : open();
          }}
        >
          <IconUser size={16} stroke={1.7} aria-hidden />
          <Text span truncate inherit>
            {actor || 'Who are you?'}
          </Text>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={save}>
          <Stack gap="sm">
            <TextInput
              label="Your name"
              description="Recorded with what you retry, cancel or complete. Kept in this browser."
              value={draft}
              maxLength={MAX_LENGTH.actor}
              placeholder="local"
              onChange={(event) => setDraft(event.currentTarget.value)}
              data-autofocus
            />
            <Group justify="flex-end">
              <Button type="submit">Save</Button>
            </Group>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
