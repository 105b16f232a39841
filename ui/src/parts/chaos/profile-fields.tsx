// The name and description of a profile, and how it is saved.

import { Textarea, TextInput } from '@mantine/core';
import type { Profile, ProfileBody } from '../../../../src/http/contract.ts';
import { createProfile, profileKeys, replaceProfile } from '../../api/profiles.ts';
import type { AnyForm } from '../form/fields.tsx';
import { useSubmit } from '../form/use-submit.ts';

export interface ProfileNames {
  name: string;
  description: string;
}

export function validateNames({ name }: ProfileNames) {
  return { name: name.trim() ? null : 'is needed' };
}

/** The names as a request has them. */
export function namesOf({ name, description }: ProfileNames) {
  return { name: name.trim(), description: description.trim() || null };
}

export function ProfileFields({ form }: { form: AnyForm }) {
  return (
    <>
      <TextInput {...form.getInputProps('name')} label="Name" withAsterisk maxLength={100} data-autofocus />
      <Textarea
        {...form.getInputProps('description')}
        label="Description"
        placeholder="may stay empty"
        maxLength={1_000}
        autosize
      />
    </>
  );
}

export interface SaveProfileOptions {
  form: { setErrors(errors: Record<string, string>): void };
  /** The saved profile to replace; null to create one. */
  profile: Profile | null;
  onSaved: (profile: Profile) => unknown;
}

export function useSaveProfile({ form, profile, onSaved }: SaveProfileOptions) {
  return useSubmit({
    form,
    send: (body: ProfileBody) => (profile ? replaceProfile(profile.profile_id, body) : createProfile(body)),
    doing: ({ name }) => `Saving profile ${name}`,
    onDone: (saved, toast) => {
      toast.done(`Profile ${saved.name} saved`);
      return onSaved(saved);
    },
    pathOf: (path) => (path === 'name' || path === 'description' ? path : null),
    onErrors: () => {},
    affects: [profileKeys.all],
  });
}
