// A batch of processes or of commands in parts: what ended first, what was not created as the empty rest of the bar.
// The parts add up to the total: conservation, as the verdict checks it.

import { Progress, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Batch } from '../../../../src/http/contract.ts';
import { formatCount, formatPercent } from '../format.ts';
import { type BarPart, StackedBar } from '../stacked-bar.tsx';
import { barColor, PROCESS_DISPLAY } from '../status.ts';
import classes from './batch.module.css';

export type BatchCounts = Pick<
  Batch,
  | 'total_count'
  | 'created_count'
  | 'completed_count'
  | 'failed_count'
  | 'canceled_count'
  | 'waiting_count'
  | 'in_troubleshooting_count'
> & {
  /** Of processes only. */
  compensated_count?: number;
};

export function endedCount(batch: BatchCounts): number {
  return batch.completed_count + (batch.compensated_count ?? 0) + batch.failed_count + batch.canceled_count;
}

export function notCreatedCount(batch: BatchCounts): number {
  return Math.max(0, batch.total_count - batch.created_count);
}

export const percentOf = (count: number, total: number) => (total > 0 ? (count / total) * 100 : 0);

export function batchParts(batch: BatchCounts): BarPart[] {
  const { COMPLETED, COMPENSATED, FAILED, CANCELED, WAITING_FOR_TSQ, WAITING_FOR_REPLY } = PROCESS_DISPLAY;
  const part = (key: string, label: string, value: number, color: string) => ({ key, label, value, color });
  return [
    part('completed', 'Completed', batch.completed_count, COMPLETED.color),
    ...(batch.compensated_count === undefined
      ? []
      : [part('compensated', 'Compensated', batch.compensated_count, COMPENSATED.color)]),
    part('failed', 'Failed', batch.failed_count, FAILED.color),
    part('canceled', 'Canceled', batch.canceled_count, barColor(CANCELED.color)),
    part('in_troubleshooting', 'In troubleshooting', batch.in_troubleshooting_count, WAITING_FOR_TSQ.color),
    part('waiting', 'Running', batch.waiting_count, barColor(WAITING_FOR_REPLY.color)),
  ];
}

export function notCreatedPart(batch: BatchCounts): BarPart {
  return { key: 'not_created', label: 'Not created', value: notCreatedCount(batch), color: 'gray.4' };
}

export function BatchBar({ batch, label, size }: { batch: BatchCounts; label: string; size?: number }) {
  return <StackedBar parts={batchParts(batch)} total={batch.total_count} label={label} size={size} />;
}

/** How many exist, and where those stand. */
export function ProgressLines({ batch, label }: { batch: BatchCounts; label: string }) {
  const ended = endedCount(batch);
  const total = formatCount(batch.total_count);
  const created = `${formatCount(batch.created_count)} of ${total}`;
  const endedPercent = formatPercent(percentOf(ended, batch.total_count));
  return (
    <>
      <Line name="Created" figures={created} testId="created-count">
        <Progress
          size={6}
          value={percentOf(batch.created_count, batch.total_count)}
          color="gray.6"
          aria-label={`Created ${created}`}
        />
      </Line>
      <Line name="Ended" figures={`${formatCount(ended)} of ${total} · ${endedPercent}`} testId="ended-count">
        <BatchBar batch={batch} label={label} size={18} />
      </Line>
    </>
  );
}

interface LineProps {
  name: string;
  figures: string;
  testId?: string;
  children: ReactNode;
}

export function Line({ name, figures, testId, children }: LineProps) {
  return (
    <div>
      <div className={classes.lineHead}>
        <span>{name}</span>
        <Text span inherit c="dimmed" fw={400} data-testid={testId}>
          {figures}
        </Text>
      </div>
      {children}
    </div>
  );
}
