// Profiles as rows: what each asks for, and what one can do with it.

import { ActionIcon, Group, Stack, Text, Tooltip } from '@mantine/core';
import { IconCopyPlus, IconTrash } from '@tabler/icons-react';
import type { Profile } from '../../../../src/http/contract.ts';
import { describeBehavior, stepBehavior } from '../../parts/behavior.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { humanize } from '../../parts/format.ts';
import { ButtonTo, LinkTo } from '../../parts/links.tsx';
import { Moment } from '../../parts/time.tsx';
import { useDeleteProfile } from './use-delete-profile.tsx';

export interface ProfileTableProps {
  profiles: Profile[];
  label: string;
  /** For whose steps the built-in ones stand here. */
  type: string | undefined;
}

export function ProfileTable({ profiles, label, type }: ProfileTableProps) {
  const { ask, dialog } = useDeleteProfile();
  const columns: Column<Profile>[] = [
    { key: 'name', label: 'Profile', lead: true, cell: (profile) => <Name profile={profile} /> },
    { key: 'chaos', label: 'Chaos', cell: ({ behavior }) => <InWords behavior={behavior} /> },
    ...(profiles.some(({ updated_at }) => updated_at)
      ? [
          {
            key: 'updated',
            label: 'Changed',
            align: 'end',
            shrink: true,
            cell: ({ updated_at }: Profile) => updated_at && <Moment at={updated_at} />,
          } as const,
        ]
      : []),
    {
      key: 'actions',
      label: 'Actions',
      hiddenLabel: true,
      shrink: true,
      align: 'end',
      cell: (profile) => <Actions profile={profile} type={type} onDelete={() => ask(profile)} />,
    },
  ];
  return (
    <>
      <DataTable label={label} columns={columns} rows={profiles} rowKey={({ profile_id }) => profile_id} />
      {dialog}
    </>
  );
}

function Name({ profile }: { profile: Profile }) {
  const { profile_id, name, description, builtin, process_type } = profile;
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
      {(description || !builtin) && (
        <Text size="xs" c="dimmed">
          {[description, !builtin && (process_type ? `for ${process_type}` : 'for any process')]
            .filter(Boolean)
            .join(' · ')}
        </Text>
      )}
    </div>
  );
}

/** Steps that are treated alike stand together. */
function InWords({ behavior }: { behavior: Record<string, unknown> }) {
  const lines = new Map<string, string[]>();
  for (const step of Object.keys(behavior)) {
    const words = describeBehavior(stepBehavior(behavior, step)).join(', ');
    if (words) lines.set(words, [...(lines.get(words) ?? []), humanize(step)]);
  }
  if (lines.size === 0) return 'none';
  return (
    <Stack gap={2}>
      {[...lines].map(([words, steps]) => (
        <Text key={words} size="xs">
          <b>{steps.join(', ')}</b>: {words}
        </Text>
      ))}
    </Stack>
  );
}

function Actions({ profile, type, onDelete }: { profile: Profile; type: string | undefined; onDelete: () => void }) {
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
      {!profile.builtin && (
        <Tooltip label={`Delete ${profile.name}`}>
          <ActionIcon
            variant="subtle"
            color="red"
            size="sm"
            onClick={onDelete}
            aria-label={`Delete ${profile.name}`}
            data-testid="delete-profile"
          >
            <IconTrash size={15} />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
}
