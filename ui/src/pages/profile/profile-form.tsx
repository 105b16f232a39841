// The form of a profile: its name, and the chaos of each step as on the launch page.

import { Button, Group, SimpleGrid, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from '@tanstack/react-router';
import type { Profile } from '../../../../src/http/contract.ts';
import type { ProcessType } from '../../api/service.ts';
import {
  namesOf,
  ProfileFields,
  type ProfileNames,
  useSaveProfile,
  validateNames,
} from '../../parts/chaos/profile-fields.tsx';
import { StepPanels, useStepPanels } from '../../parts/chaos/step-panels.tsx';
import { chaosOf, type StepsChaos, validateSteps, withSteps } from '../../parts/chaos/steps.ts';
import { Refusal } from '../../parts/form/request-card.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';

export interface ProfileFormProps {
  type: ProcessType;
  /** The initial values. */
  from: Pick<Profile, 'name' | 'description' | 'behavior'> | null;
  /** The saved profile to change; null for a new one. */
  profile: Profile | null;
}

export function ProfileForm({ type, from, profile }: ProfileFormProps) {
  const navigate = useNavigate();
  const form = useForm<ProfileNames & { chaos: StepsChaos }>({
    initialValues: {
      name: from?.name ?? '',
      description: from?.description ?? '',
      chaos: chaosOf(type, from?.behavior),
    },
    validate: (values) => ({ ...validateNames(values), ...validateSteps(type, values.chaos) }),
    validateInputOnBlur: true,
  });
  const panels = useStepPanels(type, type.steps.slice(0, 1));
  const { submit, busy, refusal } = useSaveProfile({
    form,
    profile,
    onSaved: ({ process_type }) => navigate({ to: '/profiles', search: { type: process_type ?? undefined } }),
  });
  const onSubmit = form.onSubmit(
    (values) =>
      submit({
        ...namesOf(values),
        // A profile for any process remains one, with its behavior of steps that this form does not show.
        process_type: profile ? profile.process_type : type.type,
        behavior: withSteps(type, profile?.behavior ?? {}, values.chaos),
      }),
    panels.openFaulty,
  );
  return (
    <form onSubmit={onSubmit} noValidate data-testid="profile-form">
      <Stack maw={860}>
        <Panel title="Profile">
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <ProfileFields form={form} />
          </SimpleGrid>
        </Panel>
        <Panel title={`Chaos of ${type.type}, by step`} flush>
          <StepPanels type={type} form={form} panels={panels} />
        </Panel>
        {refusal && <Refusal problem={refusal} testId="profile-refused" />}
        <Group justify="flex-end" gap="xs">
          <ButtonTo to="/profiles" variant="default">
            Back
          </ButtonTo>
          <Button type="submit" loading={busy} data-testid="save-profile">
            Save profile
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
