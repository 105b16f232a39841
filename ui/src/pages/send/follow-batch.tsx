// A toast that goes along with a batch, on whatever page one is: created, then settled, then how it ended.
// Promises to stop when the batch has ended, rests until an operator acts, or cannot be read any more.

import { Group, Progress, Text } from '@mantine/core';
import type { QueryClient } from '@tanstack/react-query';
import type { CommandBatch, CommandBatchAnswer } from '../../../../src/http/contract.ts';
import { commandBatchDetailQuery, commandBatchKeys } from '../../api/command-batches.ts';
import { REFRESH } from '../../api/refresh.ts';
import { formatCount, formatPercent, pluralize, shortId } from '../../parts/format.ts';
import { isTerminalBatch } from '../../parts/status.ts';
import type { Toast } from '../../parts/toast.ts';

export function followBatch(
  queryClient: QueryClient,
  { batch_id, total_count }: CommandBatchAnswer,
  toast: Toast,
): void {
  const subject = pluralize(total_count, 'command');
  const look = async () => {
    try {
      const batch = await queryClient.fetchQuery({ ...commandBatchDetailQuery(batch_id), staleTime: 0 });
      const name = batch.name ?? `Batch ${shortId(batch_id)}`;
      if (batch.status === 'AT_REST') {
        toast.done(`${name} rests`, `${formatCount(batch.in_troubleshooting_count)} wait for an operator.`);
      } else if (isTerminalBatch(batch.status)) {
        toast.done(`${subject} settled`, endOf(batch));
        void queryClient.invalidateQueries({ queryKey: commandBatchKeys.all });
      } else {
        toast.show(`Sent ${subject}`, <Follow batch={batch} />);
        setTimeout(look, REFRESH.live_ms);
      }
    } catch (error) {
      toast.failed(`Sent ${subject}, but lost sight of them`, error);
    }
  };
  void look();
}

function Follow({ batch }: { batch: CommandBatch }) {
  const creating = batch.created_count < batch.total_count;
  const percent = creating ? (batch.created_count / batch.total_count) * 100 : batch.percent;
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={4}>
        <Text size="xs">{creating ? `${formatCount(batch.created_count)} created` : 'Settled'}</Text>
        <Text size="xs">{formatPercent(percent)}</Text>
      </Group>
      <Progress size={6} value={percent} color={creating ? 'gray.6' : undefined} aria-label="Progress of the batch" />
    </div>
  );
}

function endOf(batch: CommandBatch): string {
  return [
    `${formatCount(batch.completed_count)} completed`,
    batch.failed_count > 0 && `${formatCount(batch.failed_count)} failed`,
    batch.canceled_count > 0 && `${formatCount(batch.canceled_count)} canceled`,
  ]
    .filter(Boolean)
    .join(', ');
}
