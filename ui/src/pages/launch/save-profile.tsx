// Saves the chaos of a form under a name, for other launches. A name that is taken is told at its field.

import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { problemFrom } from '../../api/client.ts';
import { createProfile, profileKeys } from '../../api/profiles.ts';
import { BehaviorList } from '../../parts/behavior-list.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { startToast } from '../../parts/toast.ts';

export interface SaveProfileProps {
  processType: string;
  behavior: Record<string, unknown>;
  onClose: () => void;
}

export default function SaveProfile({ processType, behavior, onClose }: SaveProfileProps) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [missing, setMissing] = useState(false);
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: () =>
      createProfile({
        name: name.trim(),
        process_type: processType,
        behavior,
        ...(description.trim() && { description: description.trim() }),
      }),
    onSuccess: (profile) => {
      startToast('Saving…').done(`Profile ${profile.name} saved`);
      onClose();
      return queryClient.invalidateQueries({ queryKey: profileKeys.all });
    },
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    // It lies in a portal, but React lets its events rise to the form around it.
    event.stopPropagation();
    if (name.trim()) mutation.mutate();
    else setMissing(true);
  };
  const refusal = mutation.error && problemFrom(mutation.error);
  return (
    <Dialog opened onClose={onClose} title="Save as profile">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            label="Name"
            withAsterisk
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={missing && !name.trim() ? 'is needed' : refusal?.detail}
            maxLength={100}
            data-autofocus
          />
          <Textarea
            label="Description"
            description="what it is like; may stay empty"
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
            maxLength={1_000}
            autosize
            minRows={2}
          />
          <div>
            <Text size="xs" c="dimmed" mb={6}>
              For {processType}
            </Text>
            <BehaviorList behavior={behavior} processType={processType} />
          </div>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Not now
            </Button>
            <Button type="submit" loading={mutation.isPending} data-testid="confirm-save-profile">
              Save profile
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
