// Toasts: said at once when something begins, then changed into what became of it.

import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { problemFrom } from '../api/client.ts';

const SHORT_MS = 4_000;
const LONG_MS = 9_000;

export interface Toast {
  /** Says how far it is, instead of what it said before. */
  show: (title: string, message: ReactNode) => void;
  done: (title: string, message?: string) => void;
  failed: (title: string, error: unknown) => void;
}

/** Says that work has begun; it stays until it is told how that ended. */
export function startToast(title: string, message?: string): Toast {
  const id = notifications.show({ title, message, loading: true, autoClose: false, withCloseButton: false });
  const end = (color: string, endTitle: string, endMessage: string | undefined, autoClose: number) =>
    notifications.update({
      id,
      color,
      title: endTitle,
      message: endMessage,
      loading: false,
      autoClose,
      withCloseButton: true,
    });
  return {
    show: (nextTitle, nextMessage) =>
      notifications.update({ id, title: nextTitle, message: nextMessage, loading: true, autoClose: false }),
    done: (endTitle, endMessage) => end('teal', endTitle, endMessage, SHORT_MS),
    failed: (endTitle, error) => end('red', endTitle, describeFailure(error), LONG_MS),
  };
}

/** A failed request in one line; of a state that was left meanwhile the plain truth. */
function describeFailure(error: unknown): string {
  const problem = problemFrom(error);
  if (problem.code === 'WRONG_STATE') return `Someone else was quicker. ${problem.detail}`;
  return `${problem.detail} (${problem.code})`;
}
