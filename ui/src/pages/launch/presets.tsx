// The built-in and saved profiles of a process type, to apply to a form, and a button to save the form's chaos as one.

import { Button, Group, Skeleton, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import type { Profile } from '../../../../src/http/contract.ts';
import { problemFrom } from '../../api/client.ts';
import { profilesQuery } from '../../api/profiles.ts';
import type { ProcessType } from '../../api/service.ts';
import { behaviorOf, type StepsChaos, validateSteps } from '../../parts/chaos/steps.ts';

const SaveProfile = lazy(() => import('./save-profile.tsx'));

export interface PresetsProps {
  type: ProcessType;
  chaos: StepsChaos;
  onApply: (behavior: Record<string, unknown> | null) => void;
}

export function Presets({ type, chaos, onApply }: PresetsProps) {
  const profiles = useQuery(profilesQuery(type.type));
  const [saving, { open, close }] = useDisclosure(false);
  const behavior = Object.keys(validateSteps(type, chaos)).length === 0 ? behaviorOf(type, chaos) : null;
  const savable = behavior !== null && Object.keys(behavior).length > 0;
  return (
    <Group gap={6} role="group" aria-label="Chaos profiles">
      <PresetButton
        id="none"
        name="None"
        hint="Every step runs without injected faults"
        onClick={() => onApply(null)}
      />
      {profiles.isPending && <Skeleton width={180} height={22} />}
      {profiles.isError && (
        <Text size="xs" c="red">
          No profiles: {problemFrom(profiles.error).code}
        </Text>
      )}
      {profiles.data?.items.map((profile) => (
        <PresetButton
          key={profile.profile_id}
          id={profile.profile_id}
          name={profile.name}
          hint={hintOf(profile)}
          onClick={() => onApply(profile.behavior)}
        />
      ))}
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        leftSection={<IconDeviceFloppy size={13} aria-hidden />}
        disabled={!savable}
        onClick={open}
        data-testid="save-as-profile"
      >
        Save as profile
      </Button>
      {saving && behavior && (
        <Suspense>
          <SaveProfile processType={type.type} behavior={behavior} onClose={close} />
        </Suspense>
      )}
    </Group>
  );
}

function hintOf({ description, builtin }: Profile): string {
  return [description, builtin ? null : 'Saved'].filter(Boolean).join(' · ');
}

function PresetButton({ id, name, hint, onClick }: { id: string; name: string; hint: string; onClick: () => void }) {
  return (
    <Tooltip label={hint}>
      <Button size="compact-xs" variant="default" onClick={onClick} data-testid={`preset-${id}`}>
        {name}
      </Button>
    </Tooltip>
  );
}
