// Chaos profiles: the built-in ones of a process type and the saved ones; to use, change, take along and bring back.

import { Alert, Button, EmptyState, Select, Stack, Text } from '@mantine/core';
import { IconBolt, IconDownload, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Profile } from '../../../../src/http/contract.ts';
import { profilesExportUrl, profilesQuery } from '../../api/profiles.ts';
import { configQuery } from '../../api/service.ts';
import { ButtonTo } from '../../parts/links.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { ImportProfiles } from './import-profiles.tsx';
import { ProfileTable } from './profile-table.tsx';

const route = getRouteApi('/profiles');

export default function ProfilesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const types = useQuery(configQuery).data?.process_types.map(({ type }) => type) ?? [];
  const type = search.type ?? types[0];
  const profiles = useQuery(profilesQuery(type));
  return (
    <>
      <PageHead
        title="Chaos profiles"
        description="What is to go wrong, under a name: one press on the launch page, one document to take along."
        actions={
          <>
            <ImportProfiles />
            <Button
              component="a"
              href={profilesExportUrl}
              download="faultline-profiles.json"
              variant="default"
              leftSection={<IconDownload size={15} aria-hidden />}
              data-testid="export-profiles"
            >
              Export saved
            </Button>
            <ButtonTo to="/profiles/new" search={{ type }} leftSection={<IconPlus size={15} />}>
              New profile
            </ButtonTo>
          </>
        }
      />
      {types.length > 1 && (
        <Select
          label="For the steps of"
          data={types}
          value={type ?? null}
          onChange={(value) => navigate({ search: { type: value ?? undefined }, replace: true })}
          allowDeselect={false}
          maw={320}
          mb="md"
        />
      )}
      <QueryView query={profiles}>{({ items }) => <BothKinds profiles={items} type={type} />}</QueryView>
    </>
  );
}

function BothKinds({ profiles, type }: { profiles: Profile[]; type: string | undefined }) {
  const saved = profiles.filter(({ builtin }) => !builtin);
  const builtin = profiles.filter((profile) => profile.builtin);
  return (
    <Stack>
      <Panel title="Saved" flush testId="saved-profiles">
        {saved.length === 0 ? (
          <EmptyState
            size="sm"
            py="lg"
            icon={<IconBolt stroke={1.5} />}
            title="No profile was saved yet"
            description="Save the chaos of a launch, begin with a built-in one, or import a document."
          />
        ) : (
          <ProfileTable profiles={saved} label="Saved profiles" type={type} />
        )}
      </Panel>
      <Panel title="Built in" flush testId="builtin-profiles">
        {builtin.length === 0 ? (
          <Alert color="gray" m="md">
            <Text size="sm">They are made for the steps of a process type, and this service has none.</Text>
          </Alert>
        ) : (
          <ProfileTable profiles={builtin} label="Built-in profiles" type={type} />
        )}
      </Panel>
    </Stack>
  );
}
