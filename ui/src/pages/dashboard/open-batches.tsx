// The batches that have not ended, newest first, each with its bar.

import { Group, Stack, Text } from '@mantine/core';
import { IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Batch } from '../../../../src/http/contract.ts';
import { batchListQuery } from '../../api/batches.ts';
import { batchName } from '../../parts/batch/head.tsx';
import { BatchBar, endedCount, percentOf } from '../../parts/batch/progress.tsx';
import { Empty } from '../../parts/empty.tsx';
import { formatCount, formatPercent } from '../../parts/format.ts';
import { ButtonTo, LinkTo } from '../../parts/links.tsx';
import { Note, Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { BATCH_DISPLAY, isTerminalBatch } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';

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
  const name = batchName(batch);
  return (
    <div data-row={batch.batch_id}>
      <Group justify="space-between" gap="0.125rem 0.75rem" mb={5}>
        <Group gap="xs" wrap="nowrap" miw={0}>
          <LinkTo to="/process-batches/$id" params={{ id: batch.batch_id }} fw={600} size="sm" truncate c="inherit">
            {name}
          </LinkTo>
          <StatusBadge display={BATCH_DISPLAY[batch.status]} size="sm" />
        </Group>
        <Text size="xs" c="dimmed">
          {formatCount(ended)} of {formatCount(batch.total_count)} ended ·{' '}
          {formatPercent(percentOf(ended, batch.total_count))}
        </Text>
      </Group>
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
