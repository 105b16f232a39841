// The verbs of a command batch that has not ended: add commands and close it while it is open, and cancel it.

import type { CommandBatchDetail, NewCommand } from '../../../../src/http/contract.ts';
import { addCommands, cancelCommandBatch, closeCommandBatch, commandBatchKeys } from '../../api/command-batches.ts';
import { commandKeys } from '../../api/commands.ts';
import { useVerbDialog } from '../../parts/form/use-verb-dialog.tsx';
import { formatCount, pluralize } from '../../parts/format.ts';
import { useVerb } from '../../parts/use-verb.ts';

const affects = [commandBatchKeys.all, commandKeys.all];

export function useAddCommands({ batch_id }: CommandBatchDetail, onDone: () => void) {
  return useVerb({
    send: (commands: NewCommand[]) => addCommands(batch_id, commands),
    doing: (commands) => `Adding ${pluralize(commands.length, 'command')}`,
    done: ({ total_count }, commands) => [
      `${pluralize(commands.length, 'command')} added`,
      `The batch has ${formatCount(total_count)} now.`,
    ],
    failed: 'Nothing added',
    affects,
    onDone,
  });
}

export function useCloseBatch({ batch_id }: CommandBatchDetail) {
  const close = useVerb<string>({
    send: (reason, by) => closeCommandBatch(batch_id, by(reason)),
    doing: 'Closing the batch',
    done: ['Closed', 'It ends when its last command has.'],
    failed: 'Not closed',
    affects,
  });
  return useVerbDialog(close, {
    title: 'Close this batch?',
    confirm: 'Close batch',
    keep: 'Keep it open',
    children: 'No more commands can be added, and it ends when its last command has.',
  });
}

export function useCancelBatch({ batch_id }: CommandBatchDetail) {
  const cancel = useVerb<string>({
    send: (reason, by) => cancelCommandBatch(batch_id, by(reason)),
    doing: 'Canceling the batch',
    done: ['Canceling', 'What has not begun is canceled; the rest runs to its end.'],
    failed: 'Not canceled',
    affects,
  });
  return useVerbDialog(cancel, {
    title: 'Cancel this batch?',
    confirm: 'Cancel batch',
    keep: 'Keep it running',
    reason: 'optional',
    children:
      'Commands that were never attempted are canceled, and no more are created. What has begun runs to its end.',
  });
}
