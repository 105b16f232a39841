// The head of a command: what it is, how it stands, where it belongs, and what can be done while it is not settled.

import { Button } from '@mantine/core';
import { IconBan, IconCopyPlus, IconHistory } from '@tabler/icons-react';
import type { CommandDetail } from '../../../../src/http/contract.ts';
import { REFRESH } from '../../api/refresh.ts';
import { FullId } from '../../parts/id.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { LiveDot, type Liveness } from '../../parts/live-dot.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { COMMAND_DISPLAY, isSettled } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { useCancelCommand } from './use-cancel-command.tsx';

export function CommandHead({ command, failed }: { command: CommandDetail; failed: boolean }) {
  const { askCancel, dialog, busy } = useCancelCommand(command);
  const [liveness, word] = livenessOf(command, failed);
  const canCancel = command.status === 'PENDING' || command.status === 'IN_PROGRESS';
  return (
    <>
      <PageHead
        title={command.type}
        badges={
          <>
            <StatusBadge look={COMMAND_DISPLAY[command.status]} size="lg" testId="command-status" />
            <span data-testid="live" role="status">
              <LiveDot liveness={liveness}>{word}</LiveDot>
            </span>
          </>
        }
        description={<FullId id={command.command_id} label="command id" />}
        actions={
          <>
            <ButtonTo
              to="/audit"
              search={{ command_id: command.command_id }}
              variant="default"
              leftSection={<IconHistory size={15} />}
            >
              Audit
            </ButtonTo>
            {command.purpose === 'standalone' && (
              <ButtonTo
                to="/commands/new"
                search={{ clone: command.command_id }}
                variant="default"
                leftSection={<IconCopyPlus size={15} />}
              >
                Send again
              </ButtonTo>
            )}
            {canCancel && (
              <Button
                variant="default"
                c="red"
                leftSection={<IconBan size={15} />}
                onClick={askCancel}
                loading={busy}
                data-testid="cancel-command"
              >
                Cancel command
              </Button>
            )}
          </>
        }
      />
      {dialog}
    </>
  );
}

function livenessOf(command: CommandDetail, failed: boolean): [Liveness, string] {
  if (isSettled(command.status)) return ['still', 'Final'];
  return failed ? ['down', 'No connection'] : ['live', `Asking every ${REFRESH.live_ms / 1_000} s`];
}
