// The reply that reports the end of a batch, with its counts, to the queue that the launch named.
// Written in the transaction that ends the batch, so there is exactly one for each end.

import type { Bus } from '../bus/bus.ts';
import type { BatchCounts, OpenBatch } from '../db/queries/batches.ts';
import type { NewReply } from '../db/queries/replies.ts';
import type { ReplyOutcome } from '../model/command.ts';
import type { BatchStatus } from '../model/process.ts';

const OUTCOMES: Partial<Record<BatchStatus, ReplyOutcome>> = {
  COMPLETED: 'SUCCESS',
  COMPLETED_WITH_FAILURES: 'FAILED',
  CANCELED: 'CANCELED',
};

/** The reply when the batch becomes `next`; none while the batch continues, or if the launch named no queue. */
export function endReplies(bus: Bus, batch: OpenBatch, next: BatchStatus, counts: BatchCounts): NewReply[] {
  const outcome = OUTCOMES[next];
  if (outcome === undefined || batch.reply_to === null) return [];
  return [
    {
      reply_id: bus.env.newId(0, bus.lanes),
      queue: batch.reply_to,
      command_id: null,
      process_id: null,
      correlation_id: null,
      batch_id: batch.batch_id,
      outcome,
      result: { batch_id: batch.batch_id, kind: batch.kind, status: next, total_count: batch.total_count, ...counts },
      error_code: null,
      error_message: null,
      note: null,
    },
  ];
}
