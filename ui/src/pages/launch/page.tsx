// Launches a new batch. Prefilled from another batch by ?clone=.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Batch, Config } from '../../../../src/http/contract.ts';
import { batchDetailQuery } from '../../api/batches.ts';
import { Prefilled, READ_ONCE } from '../../parts/form/prefilled.tsx';
import { NoProcessType, TypeSelect } from '../../parts/form/process-type.tsx';
import { shortId } from '../../parts/format.ts';
import { PageHead } from '../../parts/panel.tsx';
import type { LaunchContext } from './form.ts';
import { inputFieldsOf } from './input-schema.ts';
import { LaunchFormView } from './launch-form.tsx';

const route = getRouteApi('/process-batches/new');

export default function LaunchPage() {
  const { clone } = route.useSearch();
  const original = useQuery({ ...batchDetailQuery(clone ?? ''), ...READ_ONCE, enabled: clone !== undefined });
  const title = clone ? `New batch, like ${original.data?.name ?? shortId(clone)}` : 'New batch';
  return (
    <>
      <PageHead title={title} description="Processes launched together, with faults injected on purpose." />
      <Prefilled original={clone ? original : null}>
        {(config, batch) => <ForType config={config} original={batch} />}
      </Prefilled>
    </>
  );
}

function ForType({ config, original }: { config: Config; original: Batch | undefined }) {
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
  if (!context) return <NoProcessType />;
  return (
    <>
      <TypeSelect
        label="Process type"
        types={config.process_types}
        value={context.type.type}
        onChange={(next) => navigate({ search: { ...search, type: next }, replace: true })}
      />
      <LaunchFormView key={context.type.type} context={context} config={config} original={original} />
    </>
  );
}
