// Commands: their states, the outcomes of an attempt, and the one table of legal transitions.
// Settle, reap and the operator verbs write nothing that this table does not allow.

import { retryDelay, retryRound, withJitter } from './retry.ts';

export const COMMAND_STATUSES = [
  'PENDING',
  'IN_PROGRESS',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'IN_TROUBLESHOOTING_QUEUE',
] as const;
export type CommandStatus = (typeof COMMAND_STATUSES)[number];

/** Chunks launch batches, jobs are other internal work; lists show neither. */
export const COMMAND_PURPOSES = ['step', 'compensation', 'standalone', 'chunk', 'job'] as const;
export type CommandPurpose = (typeof COMMAND_PURPOSES)[number];
export type InternalPurpose = Extract<CommandPurpose, 'chunk' | 'job'>;

/** Internal commands are retried without limit: no operator could do anything about them. */
export function isInternal(purpose: CommandPurpose): purpose is InternalPurpose {
  return purpose === 'chunk' || purpose === 'job';
}

/** Lower goes first. Later steps precede first steps, so that processes finish rather than pile up. */
export const PRIORITY = { next_step: 4, standalone: 5, first_step: 6, chunk: 5, job: 3 } as const;

export const OUTCOME_KINDS = [
  'success',
  'transient',
  'permanent',
  'business_rule',
  'lease_expired',
  'released',
] as const;
export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

export const EFFECTS = ['COMPLETED', 'RETRY', 'TSQ', 'FAILED', 'RELEASED', 'CANCELED'] as const;
export type Effect = (typeof EFFECTS)[number];

export type ParkReason =
  | 'EXHAUSTED'
  | 'PERMANENT'
  | 'LEASE_EXPIRED'
  | 'COMPENSATION_FAILED'
  | 'RESULT_NOT_STORABLE'
  | 'DEADLINE_EXCEEDED';

/**
 * What happens when a deadline passes before the command is settled: the command is parked (`tsq`); it is FAILED and
 * its process compensates (`compensate`); or it is FAILED and its process ends FAILED without compensation (`fail`).
 * For a standalone command the last two are the same.
 */
export const DEADLINE_ACTIONS = ['tsq', 'compensate', 'fail'] as const;
export type DeadlineAction = (typeof DEADLINE_ACTIONS)[number];

/** Counts from when a command is sent or a process starts, and again from an operator's retry. */
export interface Deadline {
  deadline_ms: number;
  on_deadline: DeadlineAction;
}

/** The outcome of an attempt. `fault` names the injected fault, if one caused it. */
export interface Outcome {
  kind: OutcomeKind;
  result?: unknown;
  error_code?: string;
  error_message?: string;
  fault?: string | null;
}

export type ReplyOutcome = 'SUCCESS' | 'FAILED' | 'CANCELED';

export interface Reply {
  outcome: ReplyOutcome;
  result?: unknown;
  error_code?: string | null;
  error_message?: string | null;
}

/** A command under a lease, as claimed. */
export interface ClaimedCommand {
  command_id: string;
  lane: number;
  domain: string;
  type: string;
  purpose: CommandPurpose;
  payload: unknown;
  attempts: number;
  attempts_limit: number;
  max_attempts: number;
  backoff_ms: number[];
  jitter_pct: number;
  lease_ms: number;
  claim_id: string;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  correlation_id: string | null;
  reply_to: string | null;
  /** A hook wrote a row for this command when it was sent; only such commands are passed to `beforeExecute`. */
  annotated: boolean;
}

/** What settle writes for one outcome. `delay_ms` counts from the database's now. */
export interface Settlement {
  status: CommandStatus;
  effect: Effect;
  delay_ms: number | null;
  reason: ParkReason | null;
  reply: ReplyOutcome | null;
}

export interface Transition {
  from: CommandStatus | null;
  to: CommandStatus;
  /** The function or verb that makes it. */
  by:
    | 'send'
    | 'claim'
    | 'settle'
    | 'reap'
    | 'cancel_pending'
    | 'cancel'
    | 'deadline'
    | 'operator_retry'
    | 'operator_cancel'
    | 'operator_complete';
  when: string;
  reply: ReplyOutcome | null;
}

/** Every legal change of a command's status; docs/states.md is rendered from it. */
export const COMMAND_TRANSITIONS: readonly Transition[] = [
  { from: null, to: 'PENDING', by: 'send', when: 'a command is sent', reply: null },
  { from: 'PENDING', to: 'IN_PROGRESS', by: 'claim', when: 'a worker claims it under a lease', reply: null },
  { from: 'IN_PROGRESS', to: 'COMPLETED', by: 'settle', when: 'the handler returned', reply: 'SUCCESS' },
  { from: 'IN_PROGRESS', to: 'FAILED', by: 'settle', when: 'a business rule rejected it', reply: 'FAILED' },
  {
    from: 'IN_PROGRESS',
    to: 'PENDING',
    by: 'settle',
    when: 'a transient failure with attempts left, or the worker released it',
    reply: null,
  },
  {
    from: 'IN_PROGRESS',
    to: 'IN_TROUBLESHOOTING_QUEUE',
    by: 'settle',
    when: 'a permanent failure, or attempts are exhausted',
    reply: null,
  },
  { from: 'IN_PROGRESS', to: 'PENDING', by: 'reap', when: 'the lease expired with attempts left', reply: null },
  {
    from: 'IN_PROGRESS',
    to: 'IN_TROUBLESHOOTING_QUEUE',
    by: 'reap',
    when: 'the lease was lost too often',
    reply: null,
  },
  {
    from: 'PENDING',
    to: 'CANCELED',
    by: 'cancel_pending',
    when: 'its batch was cancelled before a first attempt',
    reply: 'CANCELED',
  },
  {
    from: 'PENDING',
    to: 'CANCELED',
    by: 'cancel',
    when: 'an operator or its sender cancels it, or its process',
    reply: 'CANCELED',
  },
  {
    from: 'IN_PROGRESS',
    to: 'CANCELED',
    by: 'cancel',
    when: "an operator or its sender cancels it, or its process; the handler's signal aborts",
    reply: 'CANCELED',
  },
  {
    from: 'PENDING',
    to: 'IN_TROUBLESHOOTING_QUEUE',
    by: 'deadline',
    when: 'its deadline, or that of its process, passed; the action is tsq',
    reply: null,
  },
  {
    from: 'IN_PROGRESS',
    to: 'IN_TROUBLESHOOTING_QUEUE',
    by: 'deadline',
    when: "its deadline, or that of its process, passed; the action is tsq; the handler's signal aborts",
    reply: null,
  },
  {
    from: 'PENDING',
    to: 'FAILED',
    by: 'deadline',
    when: 'its deadline, or that of its process, passed; the action is compensate or fail',
    reply: 'FAILED',
  },
  {
    from: 'IN_PROGRESS',
    to: 'FAILED',
    by: 'deadline',
    when: "its deadline, or that of its process, passed; the action is compensate or fail; the handler's signal aborts",
    reply: 'FAILED',
  },
  { from: 'IN_TROUBLESHOOTING_QUEUE', to: 'PENDING', by: 'operator_retry', when: 'an operator retries', reply: null },
  {
    from: 'IN_TROUBLESHOOTING_QUEUE',
    to: 'CANCELED',
    by: 'operator_cancel',
    when: 'an operator cancels',
    reply: 'CANCELED',
  },
  {
    from: 'IN_TROUBLESHOOTING_QUEUE',
    to: 'COMPLETED',
    by: 'operator_complete',
    when: 'an operator completes',
    reply: 'SUCCESS',
  },
];

/** Decides what an outcome does to its command, from the row as claimed. Pure. `draw` in [0,1) is for jitter. */
export function decideSettlement(command: ClaimedCommand, outcome: Outcome, draw = 0): Settlement {
  switch (outcome.kind) {
    case 'success':
      return { status: 'COMPLETED', effect: 'COMPLETED', delay_ms: null, reason: null, reply: 'SUCCESS' };
    case 'released':
      return release(0);
    case 'permanent':
      return park('PERMANENT');
    case 'business_rule':
      return command.purpose === 'compensation'
        ? park('COMPENSATION_FAILED')
        : { status: 'FAILED', effect: 'FAILED', delay_ms: null, reason: null, reply: 'FAILED' };
    case 'transient':
    case 'lease_expired':
      return retryOrPark(command, draw);
  }
}

/** The error stored for an attempt whose lease expired because of this fault. */
export function timedOutBy(fault: string): { error_code: string; error_message: string } {
  return { error_code: 'TIMED_OUT', error_message: `The lease expired under an injected fault: ${fault}.` };
}

/** Returned to the queue without counting the attempt, ready again in `delay_ms`. */
export function release(delay_ms: number): Settlement {
  return { status: 'PENDING', effect: 'RELEASED', delay_ms, reason: null, reply: null };
}

export function retryIn(delay_ms: number): Settlement {
  return { status: 'PENDING', effect: 'RETRY', delay_ms, reason: null, reply: null };
}

export function park(reason: ParkReason): Settlement {
  return { status: 'IN_TROUBLESHOOTING_QUEUE', effect: 'TSQ', delay_ms: null, reason, reply: null };
}

function retryOrPark(command: ClaimedCommand, draw: number): Settlement {
  if (command.attempts >= command.attempts_limit && !isInternal(command.purpose)) return park('EXHAUSTED');
  return retryIn(withJitter(retryDelay(retryRound(command), command.backoff_ms), command.jitter_pct, draw));
}

/** Groups similar failures: the code, and the message without ids and numbers. */
export function errorGroup(error_code: string, error_message: string): string {
  const shape = error_message
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<id>')
    .replace(/\d+/g, '<n>')
    .slice(0, 160);
  return `${error_code}: ${shape}`;
}
