// The head of a process batch.

import { IconCopyPlus, IconRepeat, IconReportAnalytics } from '@tabler/icons-react';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { Action } from '../../parts/action.tsx';
import { BatchHead } from '../../parts/batch/head.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { PageLight } from '../../parts/live-dot.tsx';
import type { LiveBatch } from './use-live-batch.ts';
import { useCancelBatch, useRerunBatch } from './verbs.tsx';

export function ProcessBatchHead({ batch, live }: { batch: BatchDetail; live: LiveBatch }) {
  const cancel = useCancelBatch(batch);
  const rerun = useRerunBatch(batch);
  const id = batch.batch_id;
  return (
    <BatchHead batch={batch} badges={<PageLight liveness={live.liveness} word={live.word} />} cancel={cancel}>
      <ButtonTo to="/process-batches/$id/report" params={{ id }} variant="default" icon={IconReportAnalytics}>
        Report
      </ButtonTo>
      <ButtonTo to="/process-batches/new" search={{ clone: id }} variant="default" icon={IconCopyPlus}>
        Clone
      </ButtonTo>
      <Action
        icon={IconRepeat}
        hint="Launches it again now: the same seed, so the same faults"
        onClick={() => rerun.mutate()}
        loading={rerun.isPending}
        data-testid="rerun-batch"
      >
        Run again
      </Action>
    </BatchHead>
  );
}
