// The head of a command: what it is, how it stands, and its verbs.

import { IconBan, IconCopyPlus } from '@tabler/icons-react';
import type { CommandDetail } from '../../../../src/http/contract.ts';
import { Action } from '../../parts/action.tsx';
import { FullId } from '../../parts/id.tsx';
import { AuditLink, ButtonTo } from '../../parts/links.tsx';
import { PolledLight } from '../../parts/live-dot.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { COMMAND_DISPLAY, isSettled } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { useCancelCommand } from './verbs.tsx';

export function CommandHead({ command, failed }: { command: CommandDetail; failed: boolean }) {
  const { command_id, status } = command;
  const cancel = useCancelCommand(command);
  return (
    <PageHead
      title={command.type}
      badges={
        <>
          <StatusBadge display={COMMAND_DISPLAY[status]} size="lg" testId="command-status" />
          <PolledLight final={isSettled(status)} failed={failed} />
        </>
      }
      description={<FullId id={command_id} label="command id" />}
      actions={
        <>
          <AuditLink of={{ command_id }} />
          {command.purpose === 'standalone' && (
            <ButtonTo to="/commands/new" search={{ clone: command_id }} variant="default" icon={IconCopyPlus}>
              Send again
            </ButtonTo>
          )}
          {(status === 'PENDING' || status === 'IN_PROGRESS') && (
            <Action icon={IconBan} c="red" onClick={cancel.ask} loading={cancel.busy} data-testid="cancel-command">
              Cancel command
            </Action>
          )}
          {cancel.dialog}
        </>
      }
    />
  );
}
