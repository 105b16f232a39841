// Saves the chaos of a launch as a profile, for other launches.

import { Button, Group, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { FormEvent } from 'react';
import { BehaviorList } from '../../parts/behavior-list.tsx';
import {
  namesOf,
  ProfileFields,
  type ProfileNames,
  useSaveProfile,
  validateNames,
} from '../../parts/chaos/profile-fields.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Refusal } from '../../parts/form/request-card.tsx';
import { Hint } from '../../parts/hint.tsx';

export interface SaveProfileProps {
  processType: string;
  behavior: Record<string, unknown>;
  onClose: () => void;
}

export default function SaveProfile({ processType, behavior, onClose }: SaveProfileProps) {
  const form = useForm<ProfileNames>({ initialValues: { name: '', description: '' }, validate: validateNames });
  const { submit, busy, refusal } = useSaveProfile({ form, profile: null, onSaved: onClose });
  const save = form.onSubmit((names) => submit({ ...namesOf(names), process_type: processType, behavior }));
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    // React passes events of a portal on to the form around it.
    event.stopPropagation();
    save(event);
  };
  return (
    <Dialog opened onClose={onClose} title="Save as profile">
      <form onSubmit={onSubmit} noValidate>
        <Stack>
          <ProfileFields form={form} />
          <div>
            <Hint mb={6}>For {processType}</Hint>
            <BehaviorList behavior={behavior} processType={processType} />
          </div>
          {refusal && <Refusal problem={refusal} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Back
            </Button>
            <Button type="submit" loading={busy} data-testid="confirm-save-profile">
              Save profile
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
