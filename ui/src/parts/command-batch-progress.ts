// A command batch in parts: where its commands stand, in an order that puts what ended first.

import type { CommandBatch } from '../../../src/http/contract.ts';
import type { CommandStatus } from '../../../src/model/command.ts';
import type { BarPart } from './stacked-bar.tsx';
import { barColor, COMMAND_DISPLAY } from './status.ts';

export function settledCount(batch: CommandBatch): number {
  return batch.completed_count + batch.failed_count + batch.canceled_count;
}

export function notCreatedOf(batch: CommandBatch): number {
  return Math.max(0, batch.total_count - batch.created_count);
}

export function commandParts(batch: CommandBatch): BarPart[] {
  const part = (key: string, label: string, value: number, status: CommandStatus): BarPart => ({
    key,
    label,
    value,
    color: barColor(COMMAND_DISPLAY[status].color),
  });
  return [
    part('completed', 'Completed', batch.completed_count, 'COMPLETED'),
    part('failed', 'Failed', batch.failed_count, 'FAILED'),
    part('canceled', 'Canceled', batch.canceled_count, 'CANCELED'),
    part('in_troubleshooting', 'In troubleshooting', batch.in_troubleshooting_count, 'IN_TROUBLESHOOTING_QUEUE'),
    part('waiting', 'Waiting or in progress', batch.waiting_count, 'IN_PROGRESS'),
  ];
}
