// The batches that have not ended, newest first, each with its bar.

import { Stack, Text } from '@mantine/core';
import { IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Batch } from '../../../../src/http/contract.ts';
import { batchListQuery } from '../../api/batches.ts';
import { BatchBar, endedCount } from '../../parts/batch/progress.tsx';
import { Empty } from '../../parts/empty.tsx';
import { formatCount, formatPercent, shortId } from '../../parts/format.ts';
import { ButtonTo, LinkTo } from '../../parts/links.tsx';
import { Note, Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { BATCH_DISPLAY, isTerminalBatch } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import classes from './dashboard.module.css';

const SHOWN = 6;

export function OpenBatches() {
  const batches = useQuery(batchListQuery({ limit: 50 }));
  return (
    <Panel
      title="Open batches"
      testId="open-batches"
      actions={
        <LinkTo to="/process-batches" size="sm">
          All batches
        </LinkTo>
      }
    >
      <QueryView query={batches}>{(page) => <BatchBars batches={page.items} />}</QueryView>
    </Panel>
  );
}

function BatchBars({ batches }: { batches: Batch[] }) {
  const open = batches.filter((batch) => !isTerminalBatch(batch.status));
  if (open.length === 0) return <NothingOpen first={batches.length === 0} />;
  return (
    <Stack gap="md">
      {open.slice(0, SHOWN).map((batch) => (
        <BatchLine key={batch.batch_id} batch={batch} />
      ))}
      {open.length > SHOWN && <Note>and {formatCount(open.length - SHOWN)} more</Note>}
    </Stack>
  );
}

function BatchLine({ batch }: { batch: Batch }) {
  const ended = endedCount(batch);
  const name = batch.name ?? `Batch ${shortId(batch.batch_id)}`;
  return (
    <div data-row={batch.batch_id}>
      <div className={classes.line}>
        <div className={classes.lineName}>
          <LinkTo to="/process-batches/$id" params={{ id: batch.batch_id }} fw={600} size="sm" truncate c="inherit">
            {name}
          </LinkTo>
          <StatusBadge display={BATCH_DISPLAY[batch.status]} size="sm" />
        </div>
        <Text size="xs" c="dimmed" className={classes.figures}>
          {formatCount(ended)} of {formatCount(batch.total_count)} ended ·{' '}
          {formatPercent((ended / batch.total_count) * 100)}
        </Text>
      </div>
      <BatchBar batch={batch} label={name} size={10} />
    </div>
  );
}

function NothingOpen({ first }: { first: boolean }) {
  return (
    <Empty
      small
      icon={IconStack2}
      title={first ? 'No batch was launched yet' : 'No batch is open'}
      description={
        first
          ? 'Launch some processes, choose how often each step fails, and watch the outcome.'
          : 'Everything that was launched has ended.'
      }
    >
      <ButtonTo to="/process-batches/new" variant={first ? 'filled' : 'default'}>
        {first ? 'Launch the first batch' : 'Launch a batch'}
      </ButtonTo>
    </Empty>
  );
}
