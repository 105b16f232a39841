// The head of a process: what it is, how it stands, and where it belongs.

import { Button, Tooltip } from '@mantine/core';
import { IconBan, IconHistory, IconRepeat } from '@tabler/icons-react';
import type { ProcessDetail } from '../../../../src/http/contract.ts';
import { REFRESH } from '../../api/refresh.ts';
import { formatCount, shortId } from '../../parts/format.ts';
import { FullId } from '../../parts/id.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { LiveDot, type Liveness } from '../../parts/live-dot.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { PROCESS_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { canBeCancelled, useCancelProcess } from './use-cancel-process.tsx';
import { useRerunProcess } from './use-rerun-process.ts';

export function ProcessHead({ process, failed }: { process: ProcessDetail; failed: boolean }) {
  const [liveness, word] = livenessOf(process, failed);
  const place = process.batch_id ? `#${formatCount(process.ordinal)}` : shortId(process.process_id);
  const cancel = useCancelProcess(process);
  const rerun = useRerunProcess(process.process_id);
  return (
    <PageHead
      title={`${process.process_type} ${place}`}
      badges={
        <>
          <StatusBadge look={PROCESS_DISPLAY[process.status]} size="lg" testId="process-status" />
          <span data-testid="live" role="status">
            <LiveDot liveness={liveness}>{word}</LiveDot>
          </span>
        </>
      }
      description={<FullId id={process.process_id} label="process id" />}
      actions={
        <>
          {canBeCancelled(process) && (
            <Button
              variant="default"
              leftSection={<IconBan size={15} aria-hidden />}
              onClick={cancel.askCancel}
              disabled={cancel.busy}
              data-testid="cancel-process"
            >
              Cancel
            </Button>
          )}
          {process.batch_id && (
            <Tooltip label="Alone, with the same faults at the same attempts">
              <Button
                variant="default"
                leftSection={<IconRepeat size={15} aria-hidden />}
                onClick={() => rerun.mutate()}
                loading={rerun.isPending}
                data-testid="rerun-process"
              >
                Run again
              </Button>
            </Tooltip>
          )}
          <ButtonTo
            to="/audit"
            search={{ process_id: process.process_id }}
            variant="default"
            leftSection={<IconHistory size={15} />}
          >
            Audit
          </ButtonTo>
          {cancel.dialog}
        </>
      }
    />
  );
}

function livenessOf(process: ProcessDetail, failed: boolean): [Liveness, string] {
  if (process.completed_at) return ['still', 'Final'];
  return failed ? ['down', 'No connection'] : ['live', `Asking every ${REFRESH.live_ms / 1_000} s`];
}
