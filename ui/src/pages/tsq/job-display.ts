// What each status of a job looks like.

import type { TsqJob } from '../../../../src/http/contract.ts';

export const JOB_DISPLAY: Record<TsqJob['status'], { label: string; color: string }> = {
  RUNNING: { label: 'Running', color: 'steel' },
  COMPLETED: { label: 'Completed', color: 'teal' },
  ABORTED: { label: 'Aborted', color: 'gray' },
};
