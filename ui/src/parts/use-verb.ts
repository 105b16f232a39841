// An operator's verb: a toast while it is sent, the result in the same toast, and then the affected queries read again.

import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import type { VerbBody } from '../../../src/http/contract.ts';
import { actorBody, useActor } from './actor.ts';
import { startToast } from './toast.ts';

type Said<Words, Args extends unknown[]> = Words | ((...args: Args) => Words);

export interface Verb<Input, Answer> {
  /** `by` returns the actor, and the reason unless it is empty, for the body. */
  send: (input: Input, by: (reason?: string) => Pick<VerbBody, 'actor' | 'reason'>) => Promise<Answer>;
  doing: Said<string, [Input]>;
  /** A title, or a title and a message. */
  done: Said<string | [title: string, message: string], [Answer, Input]>;
  failed: Said<string, [Input]>;
  /** Read again also when the verb was refused: what the page showed was out of date. */
  affects: readonly QueryKey[];
  onDone?: (answer: Answer, input: Input) => unknown;
}

export function useVerb<Input = void, Answer = unknown>(verb: Verb<Input, Answer>) {
  const queryClient = useQueryClient();
  const actor = useActor();
  const by = (reason?: string) => ({ ...actorBody(actor), ...(reason && { reason }) });
  return useMutation({
    mutationFn: (input: Input) => verb.send(input, by),
    onMutate: (input) => startToast(`${say(verb.doing, input)}…`),
    onSuccess: (answer, input, toast) => {
      const [title, message] = [say(verb.done, answer, input)].flat();
      toast.done(title ?? '', message);
      return verb.onDone?.(answer, input);
    },
    onError: (error, input, toast) => toast?.failed(say(verb.failed, input), error),
    onSettled: () => Promise.all(verb.affects.map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}

function say<Words, Args extends unknown[]>(said: Said<Words, Args>, ...args: Args): Words {
  return typeof said === 'function' ? (said as (...args: Args) => Words)(...args) : said;
}
