// The status of a job as a badge.

import { Badge } from '@mantine/core';
import type { TsqJob } from '../../../../src/http/contract.ts';

const DISPLAY: Record<TsqJob['status'], { label: string; color: string }> = {
  RUNNING: { label: 'Running', color: 'steel' },
  COMPLETED: { label: 'Completed', color: 'teal' },
  ABORTED: { label: 'Aborted', color: 'gray' },
};

export function JobStatus({ status, testId }: Pick<TsqJob, 'status'> & { testId?: string }) {
  const { label, color } = DISPLAY[status];
  return (
    <Badge variant="light" color={color} data-testid={testId}>
      {label}
    </Badge>
  );
}
