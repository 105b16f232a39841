// The troubleshooting queue, by cause and row by row. Its items are retried, completed or canceled, one or all at once.

import { Paper } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { TsqItem } from '../../../../src/http/contract.ts';
import { type TsqFilter, tsqCountQuery, tsqListQuery } from '../../api/tsq.ts';
import { Empty } from '../../parts/empty.tsx';
import { ClearFilters } from '../../parts/filters.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { useTsqVerb, type VerbRunner } from '../../parts/tsq/use-tsq-verb.ts';
import { Causes } from './causes.tsx';
import { TsqFilters } from './filters.tsx';
import { JobPanel } from './job-panel.tsx';
import { useStartJob } from './jobs.ts';
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
  const clear = isFiltered(filter) && <ClearFilters onClear={() => navigate({ search: { job } })} />;
  const empty = clear ? (
    <Empty icon={IconCircleCheck} title="No command matches" testId="tsq-empty">
      {clear}
    </Empty>
  ) : (
    <Empty
      icon={IconCircleCheck}
      title="Nothing waits for an operator"
      description="Commands come here after a permanent failure, or when their attempts run out."
      testId="tsq-empty"
    />
  );
  return (
    <>
      <PageHead
        title="Troubleshooting"
        description="Commands that need an operator: retry, complete by hand, or cancel."
      />
      {job && <JobPanel key={job} jobId={job} onClose={() => navigate({ search: { ...filter, cursor } })} />}
      <Causes />
      <TsqFilters search={filter} onChange={(next) => navigate({ search: { ...next, job } })} clear={clear} />
      <Paper withBorder style={{ overflow: 'hidden' }}>
        <ListView
          query={items}
          empty={empty}
          cursor={cursor}
          onPage={(next, pagesBefore) => navigate({ search: { ...search, cursor: next }, state: { pagesBefore } })}
        >
          {(rows) => <Items rows={rows} filter={filter} />}
        </ListView>
      </Paper>
      <RecentJobs />
    </>
  );
}

function isFiltered(filter: TsqFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

function Items({ rows, filter }: { rows: TsqItem[]; filter: TsqFilter }) {
  const ids = rows.map((item) => item.command_id);
  const selection = useSelection(ids, JSON.stringify(filter));
  const count = useQuery(tsqCountQuery(filter));
  const runner = useRunner(filter, selection.matching);
  return (
    <>
      <SelectionBar selection={selection} runner={runner} shown={rows.length} total={count.data?.count} />
      <TsqTable items={rows} selection={selection} />
    </>
  );
}

/** A verb over more than one command is a job, which is then shown. */
function useRunner(filter: TsqFilter, matching: boolean): VerbRunner {
  const navigate = route.useNavigate();
  const one = useTsqVerb();
  const start = useStartJob((job) => navigate({ search: { ...filter, job } }));
  const all = isFiltered(filter) ? filter : { all: true as const };
  return {
    run: (verb, commandIds, body, onEnd) => {
      if (commandIds.length === 1 && !matching) return one.run(verb, commandIds, body, onEnd);
      const jobFilter = matching ? all : { command_ids: [...commandIds] };
      start.mutate({ verb, filter: jobFilter, body }, { onSettled: onEnd });
    },
    busy: one.busy || start.isPending,
  };
}
