// What can be done with replies, each said at once and told plainly when it failed; lists are read again afterwards.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Reply } from '../../../../src/http/contract.ts';
import { commandBatchKeys } from '../../api/command-batches.ts';
import { commandKeys } from '../../api/commands.ts';
import { processKeys } from '../../api/processes.ts';
import { clearReplies, consumeReplies, deleteReply, redriveReply, replyKeys } from '../../api/replies.ts';
import { pluralize, shortId } from '../../parts/format.ts';
import { startToast } from '../../parts/toast.ts';

export function useReplyVerbs() {
  const queryClient = useQueryClient();
  // Refused or not: what one sees was out of date.
  const onSettled = () =>
    Promise.all(
      [replyKeys.all, commandKeys.all, commandBatchKeys.all, processKeys.all].map((queryKey) =>
        queryClient.invalidateQueries({ queryKey }),
      ),
    );

  const consume = useMutation({
    mutationFn: ({ queue, limit }: { queue: string; limit: number }) => consumeReplies(queue, limit),
    onMutate: () => startToast('Consuming…'),
    onSuccess: ({ items }, _asked, toast) =>
      toast.done(items.length > 0 ? `${pluralize(items.length, 'reply', 'replies')} consumed` : 'The queue is empty'),
    onError: (error, _asked, toast) => toast?.failed('Nothing consumed', error),
    onSettled,
  });
  const clear = useMutation({
    mutationFn: clearReplies,
    onMutate: (queue) => startToast(`Clearing ${queue}…`),
    onSuccess: ({ deleted_count }, queue, toast) =>
      toast.done(`${queue} cleared`, `${pluralize(deleted_count, 'reply', 'replies')} deleted`),
    onError: (error, _queue, toast) => toast?.failed('Not cleared', error),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: ({ reply_id }: Reply) => deleteReply(reply_id),
    onMutate: () => startToast('Deleting the reply…'),
    onSuccess: (_answer, _reply, toast) => toast.done('Reply deleted'),
    onError: (error, _reply, toast) => toast?.failed('Not deleted', error),
    onSettled,
  });
  const redrive = useMutation({
    mutationFn: ({ reply_id }: Reply) => redriveReply(reply_id),
    onMutate: () => startToast('Giving the reply to its process…'),
    onSuccess: ({ process_id }, _reply, toast) => toast.done('Its process has it', `Process ${shortId(process_id)}`),
    onError: (error, _reply, toast) => toast?.failed('Its process did not take it', error),
    onSettled,
  });
  return { consume, clear, remove, redrive };
}
