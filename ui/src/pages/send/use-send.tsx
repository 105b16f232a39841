// Sends what a form holds: a toast at once, then to what was made; the server's complaints go to their fields.
// Promises that sending the same form again after a lost answer sends nothing twice.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Problem } from '../../../../src/http/contract.ts';
import { problemFrom } from '../../api/client.ts';
import { commandBatchKeys } from '../../api/command-batches.ts';
import { commandKeys } from '../../api/commands.ts';
import { statsKeys } from '../../api/stats.ts';
import { useIdempotencyKey } from '../../parts/form/idempotency.ts';
import { startToast, type Toast } from '../../parts/toast.ts';
import { placeErrors } from './form.ts';

export interface SendOptions<Body, Answer> {
  send: (body: Body, idempotencyKey: string) => Promise<Answer>;
  /** What is being sent: "1,000 commands". */
  subject: (body: Body) => string;
  /** What to say and where to go. */
  onSent: (answer: Answer, toast: Toast) => unknown;
  /** The form's top level. */
  fields: readonly string[];
  onFieldErrors: (errors: Record<string, string>) => void;
}

export interface Sender<Body> {
  send: (body: Body) => void;
  busy: boolean;
  /** What was refused and belongs to no field. */
  refusal: Problem | null;
}

export function useSend<Body, Answer>(options: SendOptions<Body, Answer>): Sender<Body> {
  const queryClient = useQueryClient();
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const keyOf = useIdempotencyKey<Body>();
  const mutation = useMutation({
    mutationFn: (body: Body) => options.send(body, keyOf(body)),
    onMutate: (body) => {
      setRefusal(null);
      return startToast(`Sending ${options.subject(body)}…`);
    },
    onSuccess: async (answer, _body, toast) => {
      await Promise.all([
        options.onSent(answer, toast),
        ...[commandKeys.all, commandBatchKeys.all, statsKeys.overview].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      ]);
    },
    onError: (error, body, toast) => {
      toast?.failed(`${options.subject(body)} not sent`, error);
      const problem = problemFrom(error);
      const { byField, rest } = placeErrors(problem, options.fields);
      options.onFieldErrors(byField);
      if (rest.length > 0 || Object.keys(byField).length === 0) setRefusal({ ...problem, errors: rest });
    },
  });
  return { send: (body) => mutation.mutate(body), busy: mutation.isPending, refusal };
}
