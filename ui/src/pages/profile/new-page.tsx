// A new profile, from nothing or like another one (?like=).

import { Select, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Profile } from '../../../../src/http/contract.ts';
import { profileQuery } from '../../api/profiles.ts';
import { configQuery, type ProcessType } from '../../api/service.ts';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { NoProcessType } from './no-process-type.tsx';
import { ProfileForm } from './profile-form.tsx';

const route = getRouteApi('/profiles/new');

export default function NewProfilePage() {
  const { like } = route.useSearch();
  const config = useQuery(configQuery);
  return (
    <>
      <PageHead title="New chaos profile" />
      <QueryView query={config} skeleton={<Skeleton height={260} />}>
        {({ process_types }) => <ForType types={process_types} like={like} />}
      </QueryView>
    </>
  );
}

function ForType({ types, like }: { types: ProcessType[]; like: string | undefined }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const type = types.find((candidate) => candidate.type === search.type) ?? types[0];
  const original = useQuery({
    ...profileQuery(like ?? '', type?.type),
    enabled: like !== undefined && type !== undefined,
  });
  if (!type) return <NoProcessType />;
  return (
    <>
      {types.length > 1 && (
        <Select
          label="For the steps of"
          data={types.map((candidate) => candidate.type)}
          value={type.type}
          onChange={(value) => navigate({ search: { ...search, type: value ?? undefined }, replace: true })}
          allowDeselect={false}
          maw={320}
          mb="md"
        />
      )}
      {like ? (
        <QueryView query={original} skeleton={<Skeleton height={260} />}>
          {(profile) => <ProfileForm key={type.type} type={type} from={copyOf(profile)} profile={null} />}
        </QueryView>
      ) : (
        <ProfileForm key={type.type} type={type} from={null} profile={null} />
      )}
    </>
  );
}

/** Under another name, for its own is taken. */
function copyOf({ name, description, behavior }: Profile) {
  return { name: `${name}, mine`, description, behavior };
}
