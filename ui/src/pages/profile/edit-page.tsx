// A saved profile, to be changed. Batches launched with it keep what they were launched with.

import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { profileQuery } from '../../api/profiles.ts';
import { configQuery } from '../../api/service.ts';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { NoProcessType } from './no-process-type.tsx';
import { ProfileForm } from './profile-form.tsx';

const route = getRouteApi('/profiles/$id');

export default function EditProfilePage() {
  const { id } = route.useParams();
  // What is typed would be lost under another answer: it is read once.
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
              // One for any process is shown with the steps of the first.
              const wanted = saved.process_type ?? process_types[0]?.type;
              const type = process_types.find((candidate) => candidate.type === wanted);
              return type ? (
                <ProfileForm key={id} type={type} from={saved} profile={saved} />
              ) : (
                <NoProcessType name={wanted} />
              );
            }}
          </QueryView>
        )}
      </QueryView>
    </>
  );
}
