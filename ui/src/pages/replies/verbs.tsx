// The verbs of replies: take the oldest of a queue, clear a queue, delete one, and deliver one to its process.

import type { Reply } from '../../../../src/http/contract.ts';
import { commandBatchKeys } from '../../api/command-batches.ts';
import { commandKeys } from '../../api/commands.ts';
import { processKeys } from '../../api/processes.ts';
import { clearReplies, consumeReplies, deleteReply, redriveReply, replyKeys } from '../../api/replies.ts';
import { useVerbDialog } from '../../parts/form/use-verb-dialog.tsx';
import { pluralize, shortId } from '../../parts/format.ts';
import { useVerb } from '../../parts/use-verb.ts';

const affects = [replyKeys.all, commandKeys.all, commandBatchKeys.all, processKeys.all];
const replies = (count: number) => pluralize(count, 'reply', 'replies');

export function useConsume(queue: string) {
  return useVerb({
    send: (limit: number) => consumeReplies(queue, limit),
    doing: 'Consuming',
    done: ({ items }) => (items.length > 0 ? `${replies(items.length)} consumed` : 'The queue is empty'),
    failed: 'Nothing consumed',
    affects,
  });
}

export function useClearQueue(queue: string) {
  const clear = useVerb<string, { deleted_count: number }>({
    send: () => clearReplies(queue),
    doing: `Clearing ${queue}`,
    done: ({ deleted_count }) => [`${queue} cleared`, `${replies(deleted_count)} deleted`],
    failed: 'Not cleared',
    affects,
  });
  return useVerbDialog(clear, {
    title: `Clear ${queue}?`,
    confirm: 'Delete all replies',
    keep: 'Keep them',
    children: 'Every requested reply is deleted unread. Replies kept for a process stay.',
  });
}

export function useDeleteReply({ reply_id }: Reply) {
  const remove = useVerb<string>({
    send: () => deleteReply(reply_id),
    doing: 'Deleting the reply',
    done: 'Reply deleted',
    failed: 'Not deleted',
    affects,
  });
  return useVerbDialog(remove, {
    title: 'Delete this reply?',
    confirm: 'Delete reply',
    keep: 'Keep it',
    children: 'Its requester will never read it.',
  });
}

export function useRedrive({ reply_id }: Reply) {
  return useVerb({
    send: () => redriveReply(reply_id),
    doing: 'Delivering the reply',
    done: ({ process_id }) => ['Delivered to its process', `Process ${shortId(process_id)}`],
    failed: 'Not delivered',
    affects,
  });
}
