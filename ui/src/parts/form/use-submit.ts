// Sends a form once: a toast at once, then on to what was created; the server's errors go to their fields.
// Submitting the same form again after a lost answer creates nothing twice.

import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Problem } from '../../../../src/http/contract.ts';
import { problemFrom } from '../../api/client.ts';
import { statsKeys } from '../../api/stats.ts';
import { startToast, type Toast } from '../toast.ts';
import { placeErrors } from './checks.ts';

export interface SubmitOptions<Body, Answer> {
  form: { setErrors(errors: Record<string, string>): void };
  send: (body: Body, idempotencyKey: string) => Promise<Answer>;
  /** What is under way: "Sending 1,000 commands". */
  doing: (body: Body) => string;
  onDone: (answer: Answer, toast: Toast) => unknown;
  /** The form's path of a field of the request; null when the form has no such field. */
  pathOf: (path: string) => string | null;
  /** Called after the form shows the server's errors. */
  onErrors: (errors: Record<string, string>) => void;
  affects: QueryKey[];
}

export interface Submission<Body> {
  submit: (body: Body) => void;
  busy: boolean;
  /** A refusal, or those of its errors that belong to no field. */
  refusal: Problem | null;
}

export function useSubmit<Body, Answer>(options: SubmitOptions<Body, Answer>): Submission<Body> {
  const queryClient = useQueryClient();
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const keyOf = useIdempotencyKey();
  const mutation = useMutation({
    mutationFn: (body: Body) => options.send(body, keyOf(body)),
    onMutate: (body) => {
      setRefusal(null);
      return startToast(`${options.doing(body)}…`);
    },
    onSuccess: (answer, _body, toast) => {
      const keys = [...options.affects, statsKeys.overview];
      return Promise.all([
        options.onDone(answer, toast),
        ...keys.map((queryKey) => queryClient.invalidateQueries({ queryKey })),
      ]);
    },
    onError: (error, body, toast) => {
      toast?.failed(`${options.doing(body)} failed`, error);
      const problem = problemFrom(error);
      const { byField, rest } = placeErrors(problem, options.pathOf);
      options.form.setErrors(byField);
      options.onErrors(byField);
      if (rest.length > 0 || Object.keys(byField).length === 0) setRefusal({ ...problem, errors: rest });
    },
  });
  return { submit: mutation.mutate, busy: mutation.isPending, refusal };
}

/** A key for each body: a changed form gets a new one. */
function useIdempotencyKey(): (body: unknown) => string {
  const last = useRef({ body: '', key: '' });
  return (request) => {
    const body = JSON.stringify(request);
    if (last.current.body !== body) last.current = { body, key: randomHex(16) };
    return last.current.key;
  };
}

/** Not `crypto.randomUUID`, which over plain http exists on loopback only. */
export function randomHex(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
