// The form of a profile: its name, whose steps it is for, and the same panels as on the launch page.

import { Button, Group, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { Profile, ProfileBody } from '../../../../src/http/contract.ts';
import { problemFrom } from '../../api/client.ts';
import { createProfile, profileKeys, replaceProfile } from '../../api/profiles.ts';
import type { ProcessType } from '../../api/service.ts';
import { StepPanels } from '../../parts/chaos/step-panels.tsx';
import { behaviorOf, chaosOf, faultySteps, validateSteps, withField, withSteps } from '../../parts/chaos/steps.ts';
import { Refusal } from '../../parts/form/request-card.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { startToast } from '../../parts/toast.ts';

export interface ProfileFormProps {
  type: ProcessType;
  /** What the form begins with. */
  from: Pick<Profile, 'name' | 'description' | 'behavior'> | null;
  /** The saved profile that is changed; null for a new one. */
  profile: Profile | null;
}

export function ProfileForm({ type, from, profile }: ProfileFormProps) {
  const [name, setName] = useState(from?.name ?? '');
  const [description, setDescription] = useState(from?.description ?? '');
  const [chaos, setChaos] = useState(() => chaosOf(type, from?.behavior));
  const [opened, setOpened] = useState(() => type.steps.slice(0, 1).map(({ key }) => key));
  const [tried, setTried] = useState(false);
  const errors = validateSteps(type, chaos);
  const save = useSave(profile);
  const refusal = save.error && problemFrom(save.error);
  const nameRefusal = refusal?.errors.find(({ path }) => path === 'name');

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const faulty = faultySteps(type, errors);
    setOpened((current) => [...new Set([...current, ...faulty])]);
    if (!name.trim() || faulty.length > 0) return;
    save.mutate({
      name: name.trim(),
      description: description.trim() || null,
      // One for any process stays one, with what it says of steps that stand nowhere here.
      process_type: profile ? profile.process_type : type.type,
      behavior: profile ? withSteps(type, profile.behavior, chaos) : behaviorOf(type, chaos),
    });
  };

  return (
    <form onSubmit={submit} noValidate data-testid="profile-form">
      <Stack gap="md" maw={860}>
        <Panel title="Profile">
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
            <TextInput
              label="Name"
              description="one profile a name"
              withAsterisk
              value={name}
              onChange={(event) => {
                setName(event.currentTarget.value);
                save.reset();
              }}
              error={tried && !name.trim() ? 'is needed' : nameRefusal?.message}
              maxLength={100}
              size="sm"
            />
            <Textarea
              label="Description"
              description="what it is like; may stay empty"
              value={description}
              onChange={(event) => setDescription(event.currentTarget.value)}
              maxLength={1_000}
              autosize
              size="sm"
            />
          </SimpleGrid>
        </Panel>
        <Panel title={`Chaos of ${type.type}, by step`} flush>
          <StepPanels
            steps={type.steps}
            chaos={chaos}
            errors={errors}
            opened={opened}
            onOpen={setOpened}
            onChange={(step, field, value) => setChaos((before) => withField(before, step, field, value))}
          />
        </Panel>
        {refusal && !nameRefusal && <Refusal problem={refusal} testId="profile-refused" />}
        <Group justify="flex-end" gap="xs">
          <ButtonTo to="/profiles" variant="default">
            Back
          </ButtonTo>
          <Button type="submit" loading={save.isPending} data-testid="save-profile">
            Save profile
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function useSave(profile: Profile | null) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: ProfileBody) => (profile ? replaceProfile(profile.profile_id, body) : createProfile(body)),
    onSuccess: async ({ name, process_type }) => {
      startToast('Saving…').done(`Profile ${name} saved`);
      await queryClient.invalidateQueries({ queryKey: profileKeys.all });
      await navigate({ to: '/profiles', search: { type: process_type ?? undefined } });
    },
  });
}
