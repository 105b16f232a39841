// The newest jobs and their results.

import { Box } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { TsqJob } from '../../../../src/http/contract.ts';
import { recentJobsQuery } from '../../api/tsq-jobs.ts';
import { type Column, DataTable, figure } from '../../parts/data-table.tsx';
import { formatCount, humanize } from '../../parts/format.ts';
import { Hint } from '../../parts/hint.tsx';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Elapsed, Moment } from '../../parts/time.tsx';
import { VERB_LABELS } from '../../parts/tsq/verb-labels.ts';
import { JobStatus } from './job-status.tsx';

const route = getRouteApi('/tsq');

const COLUMNS: Column<TsqJob>[] = [
  { label: 'Job', lead: true, cell: (job) => <Name job={job} /> },
  { label: 'Status', shrink: true, cell: ({ status }) => <JobStatus status={status} /> },
  figure('Done', (job) => `${formatCount(job.done_count)} of ${formatCount(job.total_count)}`),
  figure('Not done', (job) => formatCount(job.failed_count)),
  figure('Took', (job) => <Elapsed from={job.began_at} to={job.completed_at} />),
  figure('Began', (job) => <Moment at={job.began_at} />),
];

/** Nothing before the first job. */
export function RecentJobs() {
  const { data } = useQuery(recentJobsQuery);
  if (!data || data.items.length === 0) return null;
  return (
    <Box mt="lg">
      <Panel title="Recent jobs" flush testId="tsq-jobs">
        <DataTable label="Recent jobs" columns={COLUMNS} rows={data.items} rowKey={(job) => job.job_id} />
      </Panel>
    </Box>
  );
}

function Name({ job }: { job: TsqJob }) {
  const search = route.useSearch();
  return (
    <div>
      <LinkTo to="/tsq" search={{ ...search, job: job.job_id }} fw={600} inherit>
        {VERB_LABELS[job.verb].label} {whatOf(job.filter)}
      </LinkTo>
      <Hint lineClamp={1}>
        by {job.actor}
        {job.reason && `: ${job.reason}`}
      </Hint>
    </div>
  );
}

function whatOf(filter: Record<string, unknown>): string {
  if (typeof filter.selected === 'number') return `${formatCount(filter.selected)} selected`;
  const fields = Object.entries(filter).map(([name, value]) => `${humanize(name).toLowerCase()} ${value}`);
  return fields.length === 0 ? 'everything' : fields.join(', ');
}
