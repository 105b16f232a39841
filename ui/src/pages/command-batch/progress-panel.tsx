// How many commands exist and where they stand, how long it takes, and how many of each status there are.

import { Progress, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import type { CommandStatus } from '../../../../src/model/command.ts';
import { commandParts, notCreatedOf, settledCount } from '../../parts/command-batch-progress.ts';
import { formatCount, formatDuration, formatPercent } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import { barColor, COMMAND_DISPLAY, isTerminalBatch } from '../../parts/status.ts';
import { Moment } from '../../parts/time.tsx';
import classes from './command-batch.module.css';

const STATUSES = Object.keys(COMMAND_DISPLAY) as CommandStatus[];

export function ProgressPanel({ batch }: { batch: CommandBatchDetail }) {
  const total = formatCount(batch.total_count);
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
      <Stack gap="md">
        <Line name="Created" figures={`${formatCount(batch.created_count)} of ${total}`} testId="created-count">
          <Progress
            size={6}
            value={batch.total_count > 0 ? (batch.created_count / batch.total_count) * 100 : 0}
            color="gray.6"
            aria-label={`Created ${formatCount(batch.created_count)} of ${total}`}
          />
        </Line>
        <Line
          name="Settled"
          figures={`${formatCount(settledCount(batch))} of ${total} · ${formatPercent(batch.percent)}`}
          testId="settled-count"
        >
          <StackedBar parts={commandParts(batch)} total={batch.total_count} label="Commands" size={18} />
        </Line>
        <ByStatus batch={batch} />
      </Stack>
    </Panel>
  );
}

/** By the statuses of commands, each leading to its rows below. */
function ByStatus({ batch }: { batch: CommandBatchDetail }) {
  const parts = [
    ...STATUSES.map((status) => ({
      key: status,
      label: COMMAND_DISPLAY[status].label,
      value: batch.by_status[status] ?? 0,
      color: barColor(COMMAND_DISPLAY[status].color),
    })),
    { key: 'not_created', label: 'Not created', value: notCreatedOf(batch), color: 'gray.4' },
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

function timesOf(batch: CommandBatchDetail): ReactNode {
  const over = isTerminalBatch(batch.status) || batch.status === 'AT_REST';
  return (
    <>
      sent <Moment at={batch.created_at} />
      {batch.duration_ms !== null && `, ${over ? 'took' : 'for'} ${formatDuration(batch.duration_ms)}`}
    </>
  );
}
