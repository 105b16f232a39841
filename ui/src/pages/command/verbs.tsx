// Cancels a command that is not settled.

import type { CommandDetail } from '../../../../src/http/contract.ts';
import { commandBatchKeys } from '../../api/command-batches.ts';
import { cancelCommand, commandKeys } from '../../api/commands.ts';
import { processKeys } from '../../api/processes.ts';
import { replyKeys } from '../../api/replies.ts';
import { useVerbDialog } from '../../parts/form/use-verb-dialog.tsx';
import { useVerb } from '../../parts/use-verb.ts';

export function useCancelCommand({ command_id, status, process_id }: CommandDetail) {
  const cancel = useVerb<string>({
    send: (reason, by) => cancelCommand(command_id, by(reason)),
    doing: 'Canceling the command',
    done: 'Command canceled',
    failed: 'Not canceled',
    affects: [commandKeys.all, commandBatchKeys.all, processKeys.all, replyKeys.all],
  });
  const effect =
    status === 'IN_PROGRESS'
      ? 'A worker runs it: the attempt is aborted, and its result is discarded.'
      : 'It will never be attempted.';
  return useVerbDialog(cancel, {
    title: 'Cancel this command?',
    confirm: 'Cancel command',
    keep: 'Keep it',
    reason: 'optional',
    children: `${effect}${process_id ? ' Its process compensates the steps it took.' : ''}`,
  });
}
