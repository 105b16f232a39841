// Changes a saved profile. Batches launched with it keep what they were launched with.

import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { profileQuery } from '../../api/profiles.ts';
import { configQuery } from '../../api/service.ts';
import { NoProcessType } from '../../parts/form/process-type.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { ProfileForm } from './profile-form.tsx';

const route = getRouteApi('/profiles/$id');

export default function EditProfilePage() {
  const { id } = route.useParams();
  // Read once: a refetch would discard what was typed.
  const profile = useQuery({ ...profileQuery(id), staleTime: Infinity, gcTime: 0 });
  const config = useQuery(configQuery);
  return (
    <>
      <PageHead
        title={profile.data?.name ?? 'Chaos profile'}
        description="Batches launched with it keep what they were launched with."
      />
      <QueryView query={config} skeleton={<Skeleton height={260} />}>
        {({ process_types }) => (
          <QueryView query={profile} skeleton={<Skeleton height={260} />}>
            {(saved) => {
              // A profile for any process is shown with the steps of the first.
              const wanted = saved.process_type ?? process_types[0]?.type;
              const type = process_types.find((candidate) => candidate.type === wanted);
              if (!type) return <NoProcessType name={wanted} />;
              return <ProfileForm key={id} type={type} from={saved} profile={saved} />;
            }}
          </QueryView>
        )}
      </QueryView>
    </>
  );
}
