// A new profile, empty or copied from another one (?like=).

import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Profile } from '../../../../src/http/contract.ts';
import { profileQuery } from '../../api/profiles.ts';
import { configQuery, type ProcessType } from '../../api/service.ts';
import { NoProcessType, TypeSelect } from '../../parts/form/process-type.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { ProfileForm } from './profile-form.tsx';

const route = getRouteApi('/profiles/new');

export default function NewProfilePage() {
  const config = useQuery(configQuery);
  return (
    <>
      <PageHead title="New chaos profile" />
      <QueryView query={config} skeleton={<Skeleton height={260} />}>
        {({ process_types }) => <ForType types={process_types} />}
      </QueryView>
    </>
  );
}

function ForType({ types }: { types: ProcessType[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { like } = search;
  const type = types.find((candidate) => candidate.type === search.type) ?? types[0];
  const original = useQuery({
    ...profileQuery(like ?? '', type?.type),
    enabled: like !== undefined && type !== undefined,
  });
  if (!type) return <NoProcessType />;
  const formFrom = (from: Profile | null) => (
    <ProfileForm key={type.type} type={type} from={from && { ...from, name: `${from.name}, copy` }} profile={null} />
  );
  return (
    <>
      <TypeSelect
        label="For the steps of"
        types={types}
        value={type.type}
        onChange={(next) => navigate({ search: { ...search, type: next }, replace: true })}
      />
      {like ? (
        <QueryView query={original} skeleton={<Skeleton height={260} />}>
          {formFrom}
        </QueryView>
      ) : (
        formFrom(null)
      )}
    </>
  );
}
