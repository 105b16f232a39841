// Imports profiles from a file, with a choice for names that already exist.

import { Badge, Button, FileButton, Group, Radio, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUpload } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { OnConflict, ProfileImportAnswer } from '../../../../src/http/contract.ts';
import { problemFrom } from '../../api/client.ts';
import { importProfiles, profileKeys } from '../../api/profiles.ts';
import { Action } from '../../parts/action.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Refusal } from '../../parts/form/request-card.tsx';
import { pluralize } from '../../parts/format.ts';

const CHOICES: Record<OnConflict, [label: string, hint: string]> = {
  fail: ['Import nothing', 'all of the file or none of it'],
  skip: ['Skip them', 'existing profiles stay as they are'],
  replace: ['Replace them', 'existing profiles are overwritten'],
};

const RESULT_COLORS: Record<ProfileImportAnswer['items'][number]['result'], string> = {
  created: 'teal',
  replaced: 'yellow',
  skipped: 'gray',
};

export function ImportProfiles() {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Action icon={IconUpload} onClick={open} data-testid="import-profiles">
        Import
      </Action>
      <Dialog opened={opened} onClose={close} title="Import profiles">
        <ImportForm onClose={close} />
      </Dialog>
    </>
  );
}

function ImportForm({ onClose }: { onClose: () => void }) {
  const [onConflict, setOnConflict] = useState<OnConflict>('fail');
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: async (file: File) => importProfiles(parseFile(await file.text()), onConflict),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: profileKeys.all }),
  });
  return (
    <Stack>
      <Text size="sm">An exported document.</Text>
      <Radio.Group
        label="Profiles with a name that already exists"
        value={onConflict}
        onChange={(value) => setOnConflict(value as OnConflict)}
      >
        <Stack gap="xs" mt={6}>
          {Object.entries(CHOICES).map(([value, [label, hint]]) => (
            <Radio key={value} value={value} label={label} description={hint} />
          ))}
        </Stack>
      </Radio.Group>
      {mutation.error && <Refusal problem={problemFrom(mutation.error)} testId="import-refused" />}
      {mutation.data && <Imported answer={mutation.data} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {mutation.data ? 'Done' : 'Cancel'}
        </Button>
        <FileButton onChange={(file) => file && mutation.mutate(file)} accept="application/json,.json">
          {(props) => (
            <Button {...props} loading={mutation.isPending} leftSection={<IconUpload size={15} aria-hidden />}>
              Choose a file
            </Button>
          )}
        </FileButton>
      </Group>
    </Stack>
  );
}

function Imported({ answer: { items } }: { answer: ProfileImportAnswer }) {
  return (
    <div role="status" data-testid="import-result">
      <Text size="sm" fw={600} mb={4}>
        {pluralize(items.filter(({ result }) => result !== 'skipped').length, 'profile')} imported
      </Text>
      <Stack gap={4}>
        {items.map(({ name, result }) => (
          <Group key={name} gap="xs">
            <Badge size="sm" variant="light" color={RESULT_COLORS[result]}>
              {result}
            </Badge>
            <Text size="sm">{name}</Text>
          </Group>
        ))}
      </Stack>
    </div>
  );
}

/** @throws Error with a message for the page */
function parseFile(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('This file is not a JSON document.');
  }
}
