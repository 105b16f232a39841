// The head of a process: what it is, how it stands, and its verbs.

import { IconBan, IconRepeat } from '@tabler/icons-react';
import type { ProcessDetail } from '../../../../src/http/contract.ts';
import { Action } from '../../parts/action.tsx';
import { formatCount, shortId } from '../../parts/format.ts';
import { FullId } from '../../parts/id.tsx';
import { AuditLink } from '../../parts/links.tsx';
import { PolledLight } from '../../parts/live-dot.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { PROCESS_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { canBeCanceled, useCancelProcess, useRerunProcess } from './verbs.tsx';

export function ProcessHead({ process, failed }: { process: ProcessDetail; failed: boolean }) {
  const { process_id, batch_id } = process;
  const cancel = useCancelProcess(process);
  const rerun = useRerunProcess(process_id);
  return (
    <PageHead
      title={`${process.process_type} ${batch_id ? `#${formatCount(process.ordinal)}` : shortId(process_id)}`}
      badges={
        <>
          <StatusBadge display={PROCESS_DISPLAY[process.status]} size="lg" testId="process-status" />
          <PolledLight final={process.completed_at !== null} failed={failed} />
        </>
      }
      description={<FullId id={process_id} label="process id" />}
      actions={
        <>
          <AuditLink of={{ process_id }} />
          {batch_id && (
            <Action
              icon={IconRepeat}
              hint="Alone, with the same faults at the same attempts"
              onClick={() => rerun.mutate()}
              loading={rerun.isPending}
              data-testid="rerun-process"
            >
              Run again
            </Action>
          )}
          {canBeCanceled(process) && (
            <Action icon={IconBan} c="red" onClick={cancel.ask} loading={cancel.busy} data-testid="cancel-process">
              Cancel process
            </Action>
          )}
          {cancel.dialog}
        </>
      }
    />
  );
}
