// The head of a command batch: its name and state, whether what one sees is live, and what one can do with it.

import { Badge, Button } from '@mantine/core';
import { IconBan, IconCopyPlus, IconHistory, IconLock, IconPlus, IconTool } from '@tabler/icons-react';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import { REFRESH } from '../../api/refresh.ts';
import { formatCount, shortId } from '../../parts/format.ts';
import { FullId } from '../../parts/id.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { LiveDot, type Liveness } from '../../parts/live-dot.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { BATCH_DISPLAY, isTerminalBatch } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { useBatchVerbs } from './use-batch-verbs.tsx';

export function CommandBatchHead({ batch, failed }: { batch: CommandBatchDetail; failed: boolean }) {
  const verbs = useBatchVerbs(batch);
  const [liveness, word] = livenessOf(batch, failed);
  const ended = isTerminalBatch(batch.status) || batch.cancel_requested_at !== null;
  const open = batch.closed_at === null && !ended;
  return (
    <>
      <PageHead
        title={batch.name ?? `Batch ${shortId(batch.batch_id)}`}
        badges={
          <>
            <StatusBadge look={BATCH_DISPLAY[batch.status]} size="lg" testId="batch-status" />
            {open && (
              <Badge variant="outline" size="lg" title="Takes more commands, and does not end before it is closed">
                Open
              </Badge>
            )}
            <span data-testid="live" role="status">
              <LiveDot liveness={liveness}>{word}</LiveDot>
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
              to="/audit"
              search={{ batch_id: batch.batch_id }}
              variant="default"
              leftSection={<IconHistory size={15} />}
            >
              Audit
            </ButtonTo>
            <ButtonTo
              to="/command-batches/new"
              search={{ clone: batch.batch_id }}
              variant="default"
              leftSection={<IconCopyPlus size={15} />}
            >
              Send again
            </ButtonTo>
            {open && (
              <>
                <Button variant="default" leftSection={<IconPlus size={15} />} onClick={verbs.askAdd}>
                  Add commands
                </Button>
                <Button
                  variant="default"
                  leftSection={<IconLock size={15} />}
                  onClick={verbs.askClose}
                  loading={verbs.closing}
                  data-testid="close-batch"
                >
                  Close batch
                </Button>
              </>
            )}
            {!ended && (
              <Button
                variant="default"
                c="red"
                leftSection={<IconBan size={15} />}
                onClick={verbs.askCancel}
                loading={verbs.canceling}
                data-testid="cancel-batch"
              >
                Cancel batch
              </Button>
            )}
          </>
        }
      />
      {verbs.dialogs}
    </>
  );
}

function livenessOf(batch: CommandBatchDetail, failed: boolean): [Liveness, string] {
  if (isTerminalBatch(batch.status)) return ['still', 'Final'];
  return failed ? ['down', 'No connection'] : ['live', `Asking every ${REFRESH.live_ms / 1_000} s`];
}
