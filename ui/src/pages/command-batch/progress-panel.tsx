// How many commands exist, where they stand, and how long the batch takes.

import { Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import type { CommandStatus } from '../../../../src/model/command.ts';
import { notCreatedPart, ProgressLines } from '../../parts/batch/progress.tsx';
import { formatDuration } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Note, Panel } from '../../parts/panel.tsx';
import { Legend } from '../../parts/stacked-bar.tsx';
import { barColor, COMMAND_DISPLAY, isTerminalBatch } from '../../parts/status.ts';
import { Moment } from '../../parts/time.tsx';

const STATUSES = Object.keys(COMMAND_DISPLAY) as CommandStatus[];

export function ProgressPanel({ batch }: { batch: CommandBatchDetail }) {
  return (
    <Panel title="Progress" testId="progress" actions={<Note>{timesOf(batch)}</Note>}>
      <Stack gap="md">
        <ProgressLines batch={batch} label="Commands" />
        <ByStatus batch={batch} />
      </Stack>
    </Panel>
  );
}

function ByStatus({ batch }: { batch: CommandBatchDetail }) {
  const parts = [
    ...STATUSES.map((status) => ({
      key: status,
      label: COMMAND_DISPLAY[status].label,
      value: batch.by_status[status] ?? 0,
      color: barColor(COMMAND_DISPLAY[status].color),
    })),
    notCreatedPart(batch),
  ];
  return (
    <Legend
      parts={parts}
      testId="batch-counts"
      wrap={(part, content) => {
        const status = STATUSES.find((candidate) => candidate === part.key);
        if (!status || part.value === 0) return content;
        return (
          <LinkTo
            to="/command-batches/$id"
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
  );
}

function timesOf(batch: CommandBatchDetail): ReactNode {
  const over = isTerminalBatch(batch.status) || batch.status === 'AT_REST';
  return (
    <>
      sent <Moment at={batch.created_at} />
      {batch.duration_ms !== null && `, ${over ? 'took' : 'for'} ${formatDuration(batch.duration_ms)}`}
    </>
  );
}
