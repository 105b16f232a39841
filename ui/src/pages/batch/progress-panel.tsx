// Two bars: how many processes exist, and where those stand; beside them speed and the time that is left.

import { Alert, Progress, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import type { ProcessStatus } from '../../../../src/model/process.ts';
import { batchParts, endedCount, notCreatedCount } from '../../parts/batch-progress.tsx';
import { formatCount, formatDuration, formatPercent, formatRate } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import { isTerminalBatch } from '../../parts/status.ts';
import { Elapsed, Moment } from '../../parts/time.tsx';
import classes from './batch.module.css';

/** Which processes a part of the bar stands for. */
const STATUS_OF_PART: Record<string, ProcessStatus> = {
  completed: 'COMPLETED',
  compensated: 'COMPENSATED',
  failed: 'FAILED',
  canceled: 'CANCELED',
  in_troubleshooting: 'WAITING_FOR_TSQ',
};

export function ProgressPanel({ batch }: { batch: BatchDetail }) {
  const ended = endedCount(batch);
  const notCreated = notCreatedCount(batch);
  const parts = [
    ...batchParts(batch),
    { key: 'not_created', label: 'Not created', value: notCreated, color: 'gray.4' },
  ];
  return (
    <Panel
      title="Progress"
      testId="progress"
      actions={
        <Text size="sm" c="dimmed">
          {timesOf(batch)}
        </Text>
      }
    >
      {batch.launch_error && (
        <Alert color="red" title="Some processes cannot be created" mb="md" data-testid="launch-error">
          {batch.launch_error.error_message} Tried {formatCount(batch.launch_error.attempts)} times, and again until it
          succeeds or the batch is cancelled.
        </Alert>
      )}
      <div className={classes.progress}>
        <Stack gap="md" miw={0}>
          <Line
            name="Created"
            figures={`${formatCount(batch.created_count)} of ${formatCount(batch.total_count)}`}
            testId="created-count"
          >
            <Progress
              size={6}
              value={(batch.created_count / batch.total_count) * 100}
              color="gray.6"
              aria-label={`Created ${formatCount(batch.created_count)} of ${formatCount(batch.total_count)}`}
            />
          </Line>
          <Line
            name="Ended"
            figures={`${formatCount(ended)} of ${formatCount(batch.total_count)} · ${formatPercent((ended / batch.total_count) * 100)}`}
            testId="ended-count"
          >
            {/* What is not created yet stays empty rather than a part: it is not there. */}
            <StackedBar parts={batchParts(batch)} total={batch.total_count} label="Processes" size={18} />
          </Line>
          <Legend
            parts={parts}
            testId="batch-counts"
            wrap={(part, content) => {
              const status = STATUS_OF_PART[part.key];
              if (!status || part.value === 0) return content;
              return (
                <LinkTo
                  to="/process-batches/$id"
                  params={{ id: batch.batch_id }}
                  search={{ status }}
                  inherit
                  c="inherit"
                  resetScroll={false}
                >
                  {content}
                </LinkTo>
              );
            }}
          />
        </Stack>
        <div className={classes.speed}>
          <Figure
            name="Ended per second"
            value={batch.rate_per_second === null ? '–' : formatRate(batch.rate_per_second)}
          />
          <Figure name="Time left" value={timeLeft(batch)} />
        </div>
      </div>
    </Panel>
  );
}

function Line({
  name,
  figures,
  testId,
  children,
}: {
  name: string;
  figures: string;
  testId: string;
  children: ReactNode;
}) {
  return (
    <div>
      <div className={classes.lineHead}>
        <span>{name}</span>
        <Text span inherit c="dimmed" data-testid={testId}>
          {figures}
        </Text>
      </div>
      {children}
    </div>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text fw={600} fz="1.25rem" lh={1.3} className={classes.figure}>
        {value}
      </Text>
    </div>
  );
}

function timeLeft(batch: BatchDetail): string {
  if (isTerminalBatch(batch.status)) return 'none';
  if (batch.status === 'AT_REST') return batch.cancel_requested_at === null ? 'at rest' : 'at rest, canceled';
  if (batch.eta_ms === null) return '–';
  return `about ${formatDuration(Math.max(1_000, Math.round(batch.eta_ms / 1_000) * 1_000))}`;
}

function timesOf(batch: BatchDetail): ReactNode {
  const end = batch.completed_at ?? batch.rested_at;
  return (
    <>
      launched <Moment at={batch.created_at} />, {end ? 'took' : 'for'} <Elapsed from={batch.created_at} to={end} />
    </>
  );
}
