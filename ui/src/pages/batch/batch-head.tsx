// The head of a batch: its name and state, whether what one sees is live, and what one can do with it.

import { Button, Tooltip } from '@mantine/core';
import { IconBan, IconCopyPlus, IconHistory, IconRepeat, IconReportAnalytics, IconTool } from '@tabler/icons-react';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { formatCount, shortId } from '../../parts/format.ts';
import { FullId } from '../../parts/id.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { LiveDot } from '../../parts/live-dot.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { BATCH_DISPLAY, isTerminalBatch } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { useRerunBatch } from './use-batch-verbs.ts';
import { useCancelBatch } from './use-cancel-batch.tsx';
import type { LiveBatch } from './use-live-batch.ts';

export function BatchHead({ batch, live }: { batch: BatchDetail; live: LiveBatch }) {
  const { askCancel, dialog, busy } = useCancelBatch(batch);
  const rerun = useRerunBatch(batch);
  const canCancel = !isTerminalBatch(batch.status) && batch.cancel_requested_at === null;
  return (
    <>
      <PageHead
        title={batch.name ?? `Batch ${shortId(batch.batch_id)}`}
        badges={
          <>
            <StatusBadge look={BATCH_DISPLAY[batch.status]} size="lg" testId="batch-status" />
            <span data-testid="live" role="status">
              <LiveDot liveness={live.liveness}>{live.word}</LiveDot>
            </span>
          </>
        }
        description={<FullId id={batch.batch_id} label="batch id" />}
        actions={
          <>
            {batch.in_troubleshooting_count > 0 && (
              <ButtonTo
                to="/tsq"
                search={{ batch_id: batch.batch_id }}
                variant="light"
                color="orange"
                leftSection={<IconTool size={15} />}
              >
                {formatCount(batch.in_troubleshooting_count)} in troubleshooting
              </ButtonTo>
            )}
            <ButtonTo
              to="/process-batches/$id/report"
              params={{ id: batch.batch_id }}
              variant="default"
              leftSection={<IconReportAnalytics size={15} />}
            >
              Report
            </ButtonTo>
            <ButtonTo
              to="/audit"
              search={{ batch_id: batch.batch_id }}
              variant="default"
              leftSection={<IconHistory size={15} />}
            >
              Audit
            </ButtonTo>
            <ButtonTo
              to="/process-batches/new"
              search={{ clone: batch.batch_id }}
              variant="default"
              leftSection={<IconCopyPlus size={15} />}
            >
              Clone
            </ButtonTo>
            <Tooltip label="The same again at once: the same seed, so the same faults">
              <Button
                variant="default"
                leftSection={<IconRepeat size={15} aria-hidden />}
                onClick={() => rerun.mutate()}
                loading={rerun.isPending}
                data-testid="rerun-batch"
              >
                Run again
              </Button>
            </Tooltip>
            {canCancel && (
              <Button
                variant="default"
                c="red"
                leftSection={<IconBan size={15} />}
                onClick={askCancel}
                loading={busy}
                data-testid="cancel-batch"
              >
                Cancel batch
              </Button>
            )}
          </>
        }
      />
      {dialog}
    </>
  );
}
