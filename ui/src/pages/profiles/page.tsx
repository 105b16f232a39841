// Chaos profiles: the built-in ones of a process type and the saved ones, to change, export and import.

import { Button, Stack, Text } from '@mantine/core';
import { IconBolt, IconDownload, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Profile } from '../../../../src/http/contract.ts';
import { profilesExportUrl, profilesQuery } from '../../api/profiles.ts';
import { configQuery } from '../../api/service.ts';
import { Empty } from '../../parts/empty.tsx';
import { TypeSelect } from '../../parts/form/process-type.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { ImportProfiles } from './import-profiles.tsx';
import { ProfileTable } from './profile-table.tsx';

const route = getRouteApi('/profiles');

export default function ProfilesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const types = useQuery(configQuery).data?.process_types ?? [];
  const type = search.type ?? types[0]?.type;
  const profiles = useQuery(profilesQuery(type));
  return (
    <>
      <PageHead
        title="Chaos profiles"
        description="Chaos with a name: applied with one click on the launch page, exported and imported as a document."
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
            <ButtonTo to="/profiles/new" search={{ type }} icon={IconPlus}>
              New profile
            </ButtonTo>
          </>
        }
      />
      <TypeSelect
        label="For the steps of"
        types={types}
        value={type}
        onChange={(next) => navigate({ search: { type: next }, replace: true })}
      />
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
          <Empty
            small
            icon={IconBolt}
            title="No profile was saved yet"
            description="Save the chaos of a launch, copy a built-in profile, or import a document."
          />
        ) : (
          <ProfileTable profiles={saved} label="Saved profiles" type={type} />
        )}
      </Panel>
      <Panel title="Built in" flush testId="builtin-profiles">
        {builtin.length === 0 ? (
          <Text size="sm" p="md">
            Built-in profiles are made for the steps of a process type, and this service has none.
          </Text>
        ) : (
          <ProfileTable profiles={builtin} label="Built-in profiles" type={type} />
        )}
      </Panel>
    </Stack>
  );
}
