// A batch in parts: where its processes stand, in an order that puts what ended first.
// Promises that the parts add up to the total: conservation, as the verdict checks it.

import type { Batch } from '../../../src/http/contract.ts';
import { type BarPart, StackedBar } from './stacked-bar.tsx';
import { barColor, PROCESS_DISPLAY } from './status.ts';

export type BatchCounts = Pick<
  Batch,
  | 'total_count'
  | 'created_count'
  | 'completed_count'
  | 'compensated_count'
  | 'failed_count'
  | 'canceled_count'
  | 'waiting_count'
  | 'in_troubleshooting_count'
>;

/** How many processes have ended, however they ended. */
export function endedCount(batch: BatchCounts): number {
  return batch.completed_count + batch.compensated_count + batch.failed_count + batch.canceled_count;
}

export function batchParts(batch: BatchCounts): BarPart[] {
  return [
    { key: 'completed', label: 'Completed', value: batch.completed_count, color: PROCESS_DISPLAY.COMPLETED.color },
    {
      key: 'compensated',
      label: 'Compensated',
      value: batch.compensated_count,
      color: PROCESS_DISPLAY.COMPENSATED.color,
    },
    { key: 'failed', label: 'Failed', value: batch.failed_count, color: PROCESS_DISPLAY.FAILED.color },
    {
      key: 'canceled',
      label: 'Canceled',
      value: batch.canceled_count,
      color: barColor(PROCESS_DISPLAY.CANCELED.color),
    },
    {
      key: 'in_troubleshooting',
      label: 'In troubleshooting',
      value: batch.in_troubleshooting_count,
      color: PROCESS_DISPLAY.WAITING_FOR_TSQ.color,
    },
    {
      key: 'waiting',
      label: 'Running',
      value: batch.waiting_count,
      color: barColor(PROCESS_DISPLAY.WAITING_FOR_REPLY.color),
    },
  ];
}

/** What is not created yet is the empty rest of the bar. */
export function notCreatedCount(batch: BatchCounts): number {
  return Math.max(0, batch.total_count - batch.created_count);
}

export function BatchBar({ batch, label, size }: { batch: BatchCounts; label: string; size?: number }) {
  return <StackedBar parts={batchParts(batch)} total={batch.total_count} label={label} size={size} />;
}
