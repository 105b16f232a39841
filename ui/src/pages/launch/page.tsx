// A new batch: which process, how many, how it fails. Prefilled from another batch by ?clone=.

import { Select, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Batch, Config } from '../../../../src/http/contract.ts';
import { batchDetailQuery } from '../../api/batches.ts';
import { configQuery } from '../../api/service.ts';
import { shortId } from '../../parts/format.ts';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import type { LaunchContext } from './form.ts';
import { inputFieldsOf } from './input-schema.ts';
import { LaunchFormView } from './launch-form.tsx';
import { NothingToLaunch } from './summary.tsx';

const route = getRouteApi('/process-batches/new');

export default function LaunchPage() {
  const { clone } = route.useSearch();
  const config = useQuery(configQuery);
  const original = useQuery({ ...batchDetailQuery(clone ?? ''), enabled: clone !== undefined, staleTime: Infinity });
  const title = clone ? `New batch, like ${original.data?.name ?? shortId(clone)}` : 'New batch';
  return (
    <>
      <PageHead
        title={title}
        description="Processes launched together, counted together, and failed on purpose together."
      />
      <QueryView query={config} skeleton={<FormSkeleton />}>
        {(data) =>
          clone ? (
            <QueryView query={original} skeleton={<FormSkeleton />}>
              {(batch) => <ForType config={data} original={batch} />}
            </QueryView>
          ) : (
            <ForType config={data} />
          )
        }
      </QueryView>
    </>
  );
}

function ForType({ config, original }: { config: Config; original?: Batch }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const wanted = search.type ?? original?.process_type;
  const type =
    config.process_types.find((candidate) => candidate.type === (wanted ?? config.defaults.process_type)) ??
    config.process_types[0];
  const context = useMemo<LaunchContext | null>(
    () => (type ? { type, fields: inputFieldsOf(type.input), defaults: config.defaults } : null),
    [type, config.defaults],
  );
  if (!context) return <NothingToLaunch types={config.process_types.length} />;
  return (
    <>
      {config.process_types.length > 1 && (
        <Select
          label="Process type"
          mb="md"
          maw={320}
          data={config.process_types.map((candidate) => candidate.type)}
          value={context.type.type}
          onChange={(value) => navigate({ search: { ...search, type: value ?? undefined }, replace: true })}
          allowDeselect={false}
        />
      )}
      {/* A form of its own for each type: its fields are others. */}
      <LaunchFormView key={context.type.type} context={context} config={config} original={original} />
    </>
  );
}

function FormSkeleton() {
  return (
    <Stack>
      <Skeleton height={140} />
      <Skeleton height={220} />
      <Skeleton height={90} />
    </Stack>
  );
}
