// One job: its progress, rate and failures, and a button to abort it.

import { Alert, Button, CloseButton, Group, List, Paper, Progress, Text } from '@mantine/core';
import { IconPlayerStop } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { TsqJob, TsqJobDetail } from '../../../../src/http/contract.ts';
import { tsqJobQuery } from '../../api/tsq-jobs.ts';
import { formatCount, formatDuration, formatPercent, formatRate, pluralize } from '../../parts/format.ts';
import { Hint } from '../../parts/hint.tsx';
import { ShortId } from '../../parts/id.tsx';
import { LinkTo } from '../../parts/links.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { AFFECTED_QUERY_KEYS } from '../../parts/tsq/use-tsq-verb.ts';
import { VERB_LABELS } from '../../parts/tsq/verb-labels.ts';
import { JobStatus } from './job-status.tsx';
import { useAbortJob } from './jobs.ts';

export function JobPanel({ jobId, onClose }: { jobId: string; onClose: () => void }) {
  const query = useQuery(tsqJobQuery(jobId));
  useRefreshWhenEnded(query.data);
  return (
    <Paper component="section" withBorder pos="relative" px="md" py="sm" mb="md" aria-label="Job" data-testid="tsq-job">
      <CloseButton pos="absolute" top={12} right={12} size="sm" onClick={onClose} aria-label="Stop watching this job" />
      <QueryView query={query}>{(job) => <Job job={job} />}</QueryView>
    </Paper>
  );
}

/** Refreshes everything that shows the items of a job when it ends. */
function useRefreshWhenEnded(job: TsqJobDetail | undefined): void {
  const queryClient = useQueryClient();
  const wasRunning = useRef(false);
  const running = job?.status === 'RUNNING';
  useEffect(() => {
    if (wasRunning.current && !running && job !== undefined)
      for (const queryKey of AFFECTED_QUERY_KEYS) void queryClient.invalidateQueries({ queryKey });
    wasRunning.current = running;
  }, [running, job, queryClient]);
}

function Job({ job }: { job: TsqJobDetail }) {
  const abort = useAbortJob(job.job_id);
  const running = job.status === 'RUNNING';
  return (
    <>
      <Group gap="xs" pr={32}>
        <Text fw={600}>{titleOf(job)}</Text>
        <JobStatus status={job.status} testId="tsq-job-status" />
        <Hint>
          by {job.actor}
          {job.reason && `: ${job.reason}`}
        </Hint>
      </Group>
      <Progress.Root size={10} mt="sm" role="img" aria-label={`${formatPercent(job.progress * 100)} of the job`}>
        <Progress.Section withAria={false} value={shareOf(job, job.done_count)} color="teal" animated={running} />
        <Progress.Section withAria={false} value={shareOf(job, job.failed_count)} color="red" />
      </Progress.Root>
      <Group justify="space-between" mt="xs" gap="xs">
        <Text size="sm" style={{ fontVariantNumeric: 'tabular-nums' }} data-testid="tsq-job-figures">
          {figuresOf(job)}
        </Text>
        {running && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlayerStop size={14} />}
            loading={abort.isPending}
            onClick={() => abort.mutate(undefined)}
          >
            Abort
          </Button>
        )}
      </Group>
      {job.failed_count > 0 && <Failures job={job} />}
    </>
  );
}

function titleOf({ verb, total_count, status }: TsqJob): string {
  const { doing, label } = VERB_LABELS[verb];
  const subject = pluralize(total_count, 'command');
  return status === 'RUNNING' ? `${doing} ${subject}` : `${label}: ${subject}`;
}

function shareOf({ total_count }: TsqJob, count: number): number {
  return total_count > 0 ? (count / total_count) * 100 : 0;
}

function figuresOf(job: TsqJob): string {
  const { verb, done_count, failed_count, total_count, rate_per_second, eta_ms } = job;
  const parts = [`${formatCount(done_count)} of ${formatCount(total_count)} ${VERB_LABELS[verb].done}`];
  if (failed_count > 0) parts.push(`${formatCount(failed_count)} not`);
  if (rate_per_second !== null) parts.push(`${formatRate(rate_per_second)}/s`);
  if (eta_ms !== null) parts.push(`${formatDuration(Math.ceil(eta_ms / 1_000) * 1_000)} to go`);
  return parts.join(' \u00b7 ');
}

function Failures({ job }: { job: TsqJobDetail }) {
  const { items } = job.failures;
  const more = job.failed_count - items.length;
  return (
    <Alert
      color="red"
      variant="light"
      mt="sm"
      title={`${formatCount(job.failed_count)} not ${VERB_LABELS[job.verb].done}`}
    >
      <List size="sm" mah="12rem" style={{ overflow: 'auto', overflowWrap: 'anywhere' }} data-testid="tsq-job-failures">
        {items.map((failure) => (
          <List.Item key={failure.command_id}>
            <LinkTo to="/audit" search={{ command_id: failure.command_id }} inherit>
              <ShortId id={failure.command_id} />
            </LinkTo>{' '}
            {failure.error_message} ({failure.error_code})
          </List.Item>
        ))}
      </List>
      {more > 0 && <Text size="sm">and {formatCount(more)} more</Text>}
    </Alert>
  );
}
