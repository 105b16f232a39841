// The newest jobs, for whoever comes back to see what became of one.

import { Badge, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { TsqJob } from '../../../../src/http/contract.ts';
import { recentJobsQuery } from '../../api/tsq-jobs.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { formatCount, humanize } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Elapsed, Moment } from '../../parts/time.tsx';
import { VERB_LABELS } from '../../parts/tsq/verb-labels.ts';
import { JOB_DISPLAY } from './job-display.ts';
import classes from './tsq-page.module.css';

const route = getRouteApi('/tsq');

const COLUMNS: Column<TsqJob>[] = [
  { key: 'job', label: 'Job', lead: true, cell: (job) => <Name job={job} /> },
  {
    key: 'status',
    label: 'Status',
    shrink: true,
    cell: (job) => (
      <Badge variant="light" color={JOB_DISPLAY[job.status].color}>
        {JOB_DISPLAY[job.status].label}
      </Badge>
    ),
  },
  {
    key: 'done',
    label: 'Done',
    align: 'end',
    shrink: true,
    cell: (job) => `${formatCount(job.done_count)} of ${formatCount(job.total_count)}`,
  },
  { key: 'failed', label: 'Not done', align: 'end', shrink: true, cell: (job) => formatCount(job.failed_count) },
  {
    key: 'took',
    label: 'Took',
    align: 'end',
    shrink: true,
    cell: (job) => <Elapsed from={job.began_at} to={job.completed_at} />,
  },
  { key: 'began', label: 'Began', align: 'end', shrink: true, cell: (job) => <Moment at={job.began_at} /> },
];

/** Nothing while there was no job. */
export function RecentJobs() {
  const { data } = useQuery(recentJobsQuery);
  if (!data || data.items.length === 0) return null;
  return (
    <div className={classes.recent}>
      <Panel title="Recent jobs" flush testId="tsq-jobs">
        <DataTable label="Recent jobs" columns={COLUMNS} rows={data.items} rowKey={(job) => job.job_id} />
      </Panel>
    </div>
  );
}

function Name({ job }: { job: TsqJob }) {
  const search = route.useSearch();
  return (
    <div>
      <LinkTo to="/tsq" search={{ ...search, job: job.job_id }} fw={600} inherit>
        {VERB_LABELS[job.verb].label} {whatOf(job.filter)}
      </LinkTo>
      <Text size="xs" c="dimmed" lineClamp={1}>
        by {job.actor}
        {job.reason && `: ${job.reason}`}
      </Text>
    </div>
  );
}

function whatOf(filter: Record<string, unknown>): string {
  if (typeof filter.selected === 'number') return `${formatCount(filter.selected)} selected`;
  const fields = Object.entries(filter).map(([name, value]) => `${humanize(name).toLowerCase()} ${value}`);
  return fields.length === 0 ? 'everything' : fields.join(', ');
}
