// Profiles as rows: their chaos, and buttons to copy and delete them.

import { ActionIcon, Group, Text, Tooltip } from '@mantine/core';
import { IconCopyPlus, IconTrash } from '@tabler/icons-react';
import type { Profile } from '../../../../src/http/contract.ts';
import { deleteProfile, profileKeys } from '../../api/profiles.ts';
import { BehaviorList } from '../../parts/behavior-list.tsx';
import { type Column, DataTable, figure } from '../../parts/data-table.tsx';
import { useVerbDialog } from '../../parts/form/use-verb-dialog.tsx';
import { Hint } from '../../parts/hint.tsx';
import { ButtonTo, LinkTo } from '../../parts/links.tsx';
import { Moment } from '../../parts/time.tsx';
import { useVerb } from '../../parts/use-verb.ts';

export interface ProfileTableProps {
  profiles: Profile[];
  label: string;
  /** The process type whose steps the built-in profiles have. */
  type: string | undefined;
}

export function ProfileTable({ profiles, label, type }: ProfileTableProps) {
  const updated: Column<Profile> = figure('Changed', ({ updated_at }) => updated_at && <Moment at={updated_at} />);
  const columns: Column<Profile>[] = [
    { label: 'Profile', lead: true, cell: (profile) => <Name profile={profile} /> },
    {
      label: 'Chaos',
      cell: ({ behavior, process_type }) => (
        <BehaviorList behavior={behavior} processType={process_type ?? type ?? null} />
      ),
    },
    ...(profiles.some(({ updated_at }) => updated_at) ? [updated] : []),
    { ...figure('Actions', (profile) => <Actions profile={profile} type={type} />), hiddenLabel: true },
  ];
  return <DataTable label={label} columns={columns} rows={profiles} rowKey={({ profile_id }) => profile_id} />;
}

function Name({ profile: { profile_id, name, description, builtin, process_type } }: { profile: Profile }) {
  const scope = process_type ? `for ${process_type}` : 'for any process';
  return (
    <div>
      {builtin ? (
        <Text span inherit fw={600}>
          {name}
        </Text>
      ) : (
        <LinkTo to="/profiles/$id" params={{ id: profile_id }} inherit fw={600}>
          {name}
        </LinkTo>
      )}
      <Hint>{[description, !builtin && scope].filter(Boolean).join(' · ')}</Hint>
    </div>
  );
}

function Actions({ profile, type }: { profile: Profile; type: string | undefined }) {
  return (
    <Group gap={6} justify="flex-end" wrap="nowrap">
      <ButtonTo
        to="/profiles/new"
        search={{ like: profile.profile_id, type }}
        size="compact-xs"
        variant="default"
        leftSection={<IconCopyPlus size={13} />}
      >
        Copy
      </ButtonTo>
      {!profile.builtin && <Delete profile={profile} />}
    </Group>
  );
}

function Delete({ profile: { profile_id, name } }: { profile: Profile }) {
  const remove = useVerb<string>({
    send: () => deleteProfile(profile_id),
    doing: `Deleting ${name}`,
    done: `${name} deleted`,
    failed: `${name} not deleted`,
    affects: [profileKeys.all],
  });
  const { ask, dialog } = useVerbDialog(remove, {
    title: `Delete ${name}?`,
    confirm: 'Delete profile',
    keep: 'Keep it',
    children: 'Batches launched with it keep their behavior.',
  });
  return (
    <>
      <Tooltip label={`Delete ${name}`}>
        <ActionIcon variant="subtle" color="red" size="sm" onClick={ask} aria-label={`Delete ${name}`}>
          <IconTrash size={15} />
        </ActionIcon>
      </Tooltip>
      {dialog}
    </>
  );
}
