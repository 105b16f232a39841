// Toasts: shown when something begins, and updated with its result.

import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { problemFrom } from '../api/client.ts';

const SHORT_MS = 4_000;
const LONG_MS = 9_000;

export interface Toast {
  /** Updates the progress. */
  show: (title: string, message: ReactNode) => void;
  done: (title: string, message?: string) => void;
  failed: (title: string, error: unknown) => void;
}

/** Shows that work has begun; the toast stays until `done` or `failed`. */
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

/** A failed request in one line. */
function describeFailure(error: unknown): string {
  const problem = problemFrom(error);
  if (problem.code === 'WRONG_STATE') return `Another operator was faster. ${problem.detail}`;
  return `${problem.detail} (${problem.code})`;
}
