// A toast that follows a batch on every page: created, settled, ended.
// It stops when the batch has ended, is at rest, or can no longer be read.

import { Group, Progress, Text } from '@mantine/core';
import type { QueryClient } from '@tanstack/react-query';
import type { CommandBatch, CommandBatchAnswer } from '../../../../src/http/contract.ts';
import { commandBatchDetailQuery, commandBatchKeys } from '../../api/command-batches.ts';
import { REFRESH } from '../../api/refresh.ts';
import { formatCount, formatPercent, pluralize, shortId } from '../../parts/format.ts';
import { isTerminalBatch } from '../../parts/status.ts';
import type { Toast } from '../../parts/toast.ts';

export async function followBatch(
  queryClient: QueryClient,
  { batch_id, total_count }: CommandBatchAnswer,
  toast: Toast,
): Promise<void> {
  const subject = pluralize(total_count, 'command');
  const readAgain = () => followBatch(queryClient, { batch_id, total_count } as CommandBatchAnswer, toast);
  try {
    const batch = await queryClient.fetchQuery({ ...commandBatchDetailQuery(batch_id), staleTime: 0 });
    if (batch.status === 'AT_REST') {
      const name = batch.name ?? `Batch ${shortId(batch_id)}`;
      toast.done(`${name} is at rest`, `${formatCount(batch.in_troubleshooting_count)} wait for an operator.`);
    } else if (isTerminalBatch(batch.status)) {
      toast.done(`${subject} settled`, describeEnd(batch));
      void queryClient.invalidateQueries({ queryKey: commandBatchKeys.all });
    } else {
      toast.show(`Sent ${subject}`, <BatchProgress batch={batch} />);
      setTimeout(readAgain, REFRESH.live_ms);
    }
  } catch (error) {
    toast.failed(`Sent ${subject}, but their progress cannot be read`, error);
  }
}

function BatchProgress({ batch }: { batch: CommandBatch }) {
  const isCreating = batch.created_count < batch.total_count;
  const percent = isCreating ? (batch.created_count / batch.total_count) * 100 : batch.percent;
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={4} fz="xs">
        <Text inherit>{isCreating ? `${formatCount(batch.created_count)} created` : 'Settled'}</Text>
        <Text inherit>{formatPercent(percent)}</Text>
      </Group>
      <Progress size={6} value={percent} color={isCreating ? 'gray.6' : undefined} aria-label="Progress of the batch" />
    </div>
  );
}

function describeEnd({ completed_count, failed_count, canceled_count }: CommandBatch): string {
  const parts = [`${formatCount(completed_count)} completed`];
  if (failed_count > 0) parts.push(`${formatCount(failed_count)} failed`);
  if (canceled_count > 0) parts.push(`${formatCount(canceled_count)} canceled`);
  return parts.join(', ');
}
