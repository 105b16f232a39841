// What waits for an operator, by cause and row by row: filtered by the URL, and settled by one of three verbs, one or all at once.

import { EmptyState, Paper } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { TsqItem } from '../../../../src/http/contract.ts';
import type { Page } from '../../api/client.ts';
import { tsqCountQuery, tsqListQuery } from '../../api/tsq.ts';
import { ClearFilters } from '../../parts/filters.tsx';
import { Pager } from '../../parts/pager.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { useTsqJob } from '../../parts/tsq/use-tsq-job.ts';
import { useTsqVerb, type VerbRunner } from '../../parts/tsq/use-tsq-verb.ts';
import { Causes } from './causes.tsx';
import { TsqFilters } from './filters.tsx';
import { JobPanel } from './job-panel.tsx';
import { RecentJobs } from './recent-jobs.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { TsqTable } from './table.tsx';
import { useSelection } from './use-selection.ts';

const route = getRouteApi('/tsq');

export default function TsqPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { cursor, job, ...filter } = search;
  const items = useQuery(tsqListQuery({ ...filter, cursor }));
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const clear = () => navigate({ search: { job } });

  return (
    <>
      <PageHead
        title="Troubleshooting"
        description="Commands that need an operator: retry, complete by hand, or cancel."
      />
      {job && <JobPanel key={job} jobId={job} onClose={() => navigate({ search: { ...filter, cursor } })} />}
      <Causes />
      <TsqFilters
        search={filter}
        onChange={(next) => navigate({ search: { ...next, job } })}
        onClear={filtered ? clear : undefined}
      />
      <Paper withBorder style={{ overflow: 'hidden' }}>
        <QueryView query={items}>{(page) => <Items page={page} filtered={filtered} onClear={clear} />}</QueryView>
      </Paper>
      <RecentJobs />
    </>
  );
}

function Items({ page, filtered, onClear }: { page: Page<TsqItem>; filtered: boolean; onClear: () => void }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { cursor: _cursor, job: _job, ...filter } = search;
  const selection = useSelection(
    page.items.map((item) => item.command_id),
    JSON.stringify(filter),
  );
  const count = useQuery(tsqCountQuery(filter));
  const runner = useRunner(selection.matching);

  if (page.items.length === 0) return <NothingWaits filtered={filtered} onClear={onClear} />;
  return (
    <>
      <SelectionBar selection={selection} runner={runner} shown={page.items.length} total={count.data?.count} />
      <TsqTable items={page.items} selection={selection} />
      <Pager
        shown={page.items.length}
        cursor={search.cursor}
        nextCursor={page.next_cursor}
        onPage={(cursor, pagesBefore) => navigate({ search: { ...search, cursor }, state: { pagesBefore } })}
      />
    </>
  );
}

/** One command is done at once; more, or all that match, are a job, which is then watched. */
function useRunner(matching: boolean): VerbRunner {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const one = useTsqVerb();
  const jobs = useTsqJob();
  const { cursor: _cursor, job: _job, ...filter } = search;
  const everything = Object.values(filter).every((value) => value === undefined);

  const run: VerbRunner['run'] = async (verb, commandIds, body) => {
    if (commandIds.length === 1 && !matching) return one.run(verb, commandIds, body);
    const all = everything ? { all: true as const } : filter;
    const job = await jobs.start(verb, matching ? all : { command_ids: [...commandIds] }, body);
    if (job !== null) await navigate({ search: { ...filter, job } });
  };
  return { run, busy: one.busy || jobs.busy };
}

function NothingWaits({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return (
    <EmptyState
      py={64}
      icon={<IconCircleCheck stroke={1.5} />}
      title={filtered ? 'Nothing that waits matches' : 'Nothing waits for an operator'}
      description={filtered ? undefined : 'Permanent failures, and commands whose attempts ran out, come here.'}
      data-testid="tsq-empty"
    >
      {filtered && (
        <EmptyState.Actions>
          <ClearFilters onClear={onClear} />
        </EmptyState.Actions>
      )}
    </EmptyState>
  );
}
