// The messages between the server and its analysis thread.

import { FaultlineError, type FieldError } from '../../model/errors.ts';
import type { PredictRequest } from '../analysis.ts';

export type Question =
  | { id: number; kind: 'predict'; request: PredictRequest }
  | { id: number; kind: 'verify'; batch_id: string };

export type Message =
  /** A sign of life. */
  'alive' | { id: number; verified: number } | { id: number; value: unknown } | { id: number; error: SentError };

interface SentError {
  message: string;
  stack?: string;
  code?: string;
  /** Set only for a FaultlineError, which keeps its class. */
  errors?: FieldError[];
}

export function toSent(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack, code } = error as Error & { code?: unknown };
  return {
    message,
    stack,
    ...(typeof code === 'string' && { code }),
    ...(error instanceof FaultlineError && { errors: error.errors }),
  };
}

/** Keeps the code, which tells an unavailable database from a bug. */
export function fromSent({ message, code, stack, errors }: SentError): Error {
  const error =
    code !== undefined && errors !== undefined
      ? new FaultlineError(code, message, { errors })
      : Object.assign(new Error(message), code !== undefined && { code });
  if (stack) error.stack = stack;
  return error;
}
