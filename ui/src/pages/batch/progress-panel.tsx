// How many processes exist, where they stand, how fast they end, and how long it will take.

import { Alert, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import type { ProcessStatus } from '../../../../src/model/process.ts';
import { batchParts, notCreatedPart, ProgressLines } from '../../parts/batch/progress.tsx';
import { formatCount, formatDuration, formatRate } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Note, Panel } from '../../parts/panel.tsx';
import { Legend } from '../../parts/stacked-bar.tsx';
import { isTerminalBatch } from '../../parts/status.ts';
import { Elapsed, Moment } from '../../parts/time.tsx';
import classes from './batch.module.css';

/** The processes that a part of the bar counts. */
const STATUS_OF_PART: Record<string, ProcessStatus> = {
  completed: 'COMPLETED',
  compensated: 'COMPENSATED',
  failed: 'FAILED',
  canceled: 'CANCELED',
  in_troubleshooting: 'WAITING_FOR_TSQ',
};

export function ProgressPanel({ batch }: { batch: BatchDetail }) {
  return (
    <Panel title="Progress" testId="progress" actions={<Note>{timesOf(batch)}</Note>}>
      {batch.launch_error && (
        <Alert color="red" title="Some processes cannot be created" mb="md" data-testid="launch-error">
          {batch.launch_error.error_message} Tried {formatCount(batch.launch_error.attempts)} times; retried until it
          succeeds or the batch is canceled.
        </Alert>
      )}
      <div className={classes.progress}>
        <Stack gap="md" miw={0}>
          <ProgressLines batch={batch} label="Processes" />
          <Legend
            parts={[...batchParts(batch), notCreatedPart(batch)]}
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

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text fw={600} fz="1.25rem" lh={1.3}>
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
