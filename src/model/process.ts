// Processes and batches: their states, and the types that several modules share.

import type { Transition } from './command.ts';
import type { RetryPolicy } from './retry.ts';

export const PROCESS_STATUSES = [
  'WAITING_FOR_REPLY',
  'WAITING_FOR_TSQ',
  'COMPENSATING',
  'COMPLETED',
  'COMPENSATED',
  'FAILED',
  'CANCELED',
] as const;
export type ProcessStatus = (typeof PROCESS_STATUSES)[number];

export const TERMINAL_PROCESS_STATUSES = ['COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED'] as const;
export type TerminalProcessStatus = (typeof TERMINAL_PROCESS_STATUSES)[number];

export const BATCH_STATUSES = [
  'CREATING',
  'RUNNING',
  'AT_REST',
  'CANCELING',
  'COMPLETED',
  'COMPLETED_WITH_FAILURES',
  'CANCELED',
] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];
export const TERMINAL_BATCH_STATUSES = ['COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED'] as const;

export function isProcessEnded(status: ProcessStatus): status is TerminalProcessStatus {
  return TERMINAL_PROCESS_STATUSES.some((terminal) => terminal === status);
}

/** The batch has ended, or everything left in it waits for an operator. */
export function isBatchAtRest(status: BatchStatus): boolean {
  return status === 'AT_REST' || TERMINAL_BATCH_STATUSES.some((terminal) => terminal === status);
}

/** A process as stored; `state` is the definition's own document. */
export interface ProcessRow {
  process_id: string;
  lane: number;
  batch_id: string | null;
  ordinal: number;
  process_type: string;
  version: number;
  status: ProcessStatus;
  current_step: string | null;
  awaiting_command_id: string | null;
  state: Record<string, unknown>;
  path: string[];
  undo: number | null;
  ending: TerminalProcessStatus | null;
  /** It ended without compensation. */
  keep_effects: boolean;
  error_code: string | null;
  error_message: string | null;
}

/** Keys of a process's state that belong to its launcher: every step keeps them, whatever `onReply` returns. */
export const LAUNCHER_KEYS = ['behavior'] as const;

/** The key of a step without its visit: `query#2` -> `query`. */
export function stepKey(visited: string): string {
  const at = visited.lastIndexOf('#');
  return at === -1 ? visited : visited.slice(0, at);
}

/** The name of the next visit of a step after `path`: `query`, then `query#2`. */
export function visitOf(path: readonly string[], key: string): string {
  const visits = path.filter((step) => stepKey(step) === key).length + 1;
  return visits === 1 ? key : `${key}#${visits}`;
}

/** Retry policy and lease of a command; a process passes them on from command to command. */
export interface CommandPolicy extends RetryPolicy {
  lease_ms: number;
}

export interface ProcessTransition extends Omit<Transition, 'from' | 'to' | 'by' | 'reply'> {
  from: ProcessStatus | null;
  to: ProcessStatus;
}

/** Every legal change of a process's status; docs/states.md is rendered from it. */
export const PROCESS_TRANSITIONS: readonly ProcessTransition[] = [
  { from: null, to: 'WAITING_FOR_REPLY', when: 'it starts: its first command is sent in the same transaction' },
  { from: 'WAITING_FOR_REPLY', to: 'WAITING_FOR_REPLY', when: 'SUCCESS reply, and there is a next step' },
  { from: 'WAITING_FOR_REPLY', to: 'COMPLETED', when: 'SUCCESS reply of the last step' },
  { from: 'WAITING_FOR_REPLY', to: 'COMPENSATING', when: 'FAILED or CANCELED reply, and a step has something to undo' },
  {
    from: 'WAITING_FOR_REPLY',
    to: 'FAILED',
    when: 'FAILED reply, nothing to undo, or a deadline whose action is fail',
  },
  {
    from: 'WAITING_FOR_REPLY',
    to: 'CANCELED',
    when: 'CANCELED reply, nothing to undo, or it is cancelled without compensation',
  },
  {
    from: 'WAITING_FOR_REPLY',
    to: 'WAITING_FOR_TSQ',
    when: 'its command is parked, also by a deadline whose action is tsq, or its own code threw (ADVANCE_FAILED)',
  },
  {
    from: 'WAITING_FOR_TSQ',
    to: 'WAITING_FOR_REPLY',
    when: 'an operator retries or completes, and the process goes forward',
  },
  { from: 'WAITING_FOR_TSQ', to: 'WAITING_FOR_TSQ', when: 'a re-driven reply makes its own code throw again' },
  { from: 'WAITING_FOR_TSQ', to: 'COMPLETED', when: 'an operator completes the last step' },
  { from: 'WAITING_FOR_TSQ', to: 'COMPENSATING', when: 'an operator cancels, or retries or skips a compensation' },
  { from: 'WAITING_FOR_TSQ', to: 'COMPENSATED', when: 'an operator completes the last compensation' },
  {
    from: 'WAITING_FOR_TSQ',
    to: 'FAILED',
    when: 'an operator skips the last compensation (COMPENSATION_SKIPPED), or a re-driven FAILED reply has nothing to undo',
  },
  {
    from: 'WAITING_FOR_TSQ',
    to: 'CANCELED',
    when: 'an operator cancels, with nothing to undo or without compensation',
  },
  {
    from: 'WAITING_FOR_TSQ',
    to: 'WAITING_FOR_TSQ',
    when: 'its own code threw on the reply of an operator (ADVANCE_FAILED)',
  },
  { from: 'COMPENSATING', to: 'COMPENSATING', when: 'a compensation succeeded, and there is another' },
  { from: 'COMPENSATING', to: 'WAITING_FOR_TSQ', when: 'a compensation is parked, or its own code threw' },
  { from: 'COMPENSATING', to: 'COMPENSATED', when: 'the last compensation succeeded' },
  { from: 'COMPENSATING', to: 'FAILED', when: 'the last compensation succeeded, and one was skipped' },
];
