// What each state looks like, once: one exhaustive record per set of states.
// Promises that a new state in the model does not compile until it has a label, a colour and an icon here.

import {
  type Icon,
  IconArrowBackUp,
  IconArrowsSplit,
  IconBan,
  IconBriefcase,
  IconCheck,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleMinus,
  IconCircleX,
  IconClock,
  IconHeartBroken,
  IconHeartbeat,
  IconHeartOff,
  IconLoader,
  IconMoon,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconShieldCheck,
  IconShieldX,
  IconTool,
  IconX,
} from '@tabler/icons-react';
import type { Check, QueueState, Verdict, Worker } from '../../../src/http/contract.ts';
import type {
  CommandPurpose,
  CommandStatus,
  DeadlineAction,
  Effect,
  OutcomeKind,
  ParkReason,
  ReplyOutcome,
} from '../../../src/model/command.ts';
import type { BatchStatus, ProcessStatus } from '../../../src/model/process.ts';

export interface Look {
  label: string;
  /** A colour of the theme. Violet is kept for injected faults and used for nothing else. */
  color: string;
  icon: Icon;
  /** One line for whoever asks what it means. */
  hint: string;
}

/** Everything injected by chaos looks like this, everywhere. */
export const CHAOS_COLOR = 'violet';

export const PROCESS_DISPLAY: Record<ProcessStatus, Look> = {
  WAITING_FOR_REPLY: { label: 'Running', color: 'steel', icon: IconLoader, hint: 'waits for the reply of a command' },
  WAITING_FOR_TSQ: {
    label: 'In troubleshooting',
    color: 'orange',
    icon: IconTool,
    hint: 'its command waits for an operator',
  },
  COMPENSATING: { label: 'Compensating', color: 'indigo', icon: IconArrowBackUp, hint: 'its steps are being undone' },
  COMPLETED: { label: 'Completed', color: 'teal', icon: IconCircleCheck, hint: 'every step succeeded' },
  COMPENSATED: {
    label: 'Compensated',
    color: 'cyan',
    icon: IconArrowBackUp,
    hint: 'failed, and every step was undone',
  },
  FAILED: {
    label: 'Failed',
    color: 'red',
    icon: IconCircleX,
    hint: 'failed; not everything was undone, or nothing was to undo',
  },
  CANCELED: { label: 'Canceled', color: 'gray', icon: IconBan, hint: 'cancelled, nothing was to undo' },
};

export const BATCH_DISPLAY: Record<BatchStatus, Look> = {
  CREATING: { label: 'Creating', color: 'steel', icon: IconLoader, hint: 'what it holds is still being created' },
  RUNNING: { label: 'Running', color: 'steel', icon: IconPlayerPlay, hint: 'all are created, some still run' },
  AT_REST: {
    label: 'At rest',
    color: 'orange',
    icon: IconPlayerPause,
    hint: 'nothing moves until an operator acts on what is in troubleshooting',
  },
  CANCELING: {
    label: 'Canceling',
    color: 'gray',
    icon: IconBan,
    hint: 'what never began is cancelled, the rest runs out or comes to wait for an operator',
  },
  COMPLETED: { label: 'Completed', color: 'teal', icon: IconCircleCheck, hint: 'everything in it completed' },
  COMPLETED_WITH_FAILURES: {
    label: 'Completed with failures',
    color: 'yellow',
    icon: IconCircleX,
    hint: 'all ended, some of them not completed',
  },
  CANCELED: { label: 'Canceled', color: 'gray', icon: IconBan, hint: 'cancelled, and all that ran has ended' },
};

export const COMMAND_DISPLAY: Record<CommandStatus, Look> = {
  PENDING: { label: 'Pending', color: 'gray', icon: IconClock, hint: 'waits for a worker, or for its retry delay' },
  IN_PROGRESS: { label: 'In progress', color: 'steel', icon: IconLoader, hint: 'a worker holds it under a lease' },
  COMPLETED: { label: 'Completed', color: 'teal', icon: IconCircleCheck, hint: 'its handler returned' },
  FAILED: { label: 'Failed', color: 'red', icon: IconCircleX, hint: 'a business rule refused it' },
  CANCELED: { label: 'Canceled', color: 'gray', icon: IconBan, hint: 'cancelled before it was done' },
  IN_TROUBLESHOOTING_QUEUE: {
    label: 'In troubleshooting',
    color: 'orange',
    icon: IconTool,
    hint: 'waits for an operator',
  },
};

/** What a command can be for, as lists show it; Faultline's own work is in none of them. */
export type ShownPurpose = Exclude<CommandPurpose, 'chunk' | 'job'>;

export const PURPOSE_LABELS: Record<ShownPurpose, string> = {
  standalone: 'On its own',
  step: 'Step of a process',
  compensation: 'Undoes a step',
};

/** What follows when a deadline passes. */
export const DEADLINE_LABELS: Record<DeadlineAction, string> = {
  tsq: 'Ask an operator',
  compensate: 'Fail, and undo its process',
  fail: 'Fail, and end its process',
};

export const VERDICT_DISPLAY: Record<Verdict['verdict'], Look> = {
  pass: { label: 'Pass', color: 'teal', icon: IconShieldCheck, hint: 'every check passed' },
  fail: { label: 'Fail', color: 'red', icon: IconShieldX, hint: 'a check found violations' },
  running: { label: 'Not yet', color: 'steel', icon: IconLoader, hint: 'verified in full when the batch is at rest' },
};

export const CHECK_DISPLAY: Record<Check['status'], Look> = {
  pass: { label: 'Pass', color: 'teal', icon: IconCheck, hint: 'nothing violates it' },
  fail: { label: 'Fail', color: 'red', icon: IconX, hint: 'something violates it' },
  skipped: { label: 'Skipped', color: 'gray', icon: IconCircleMinus, hint: 'it does not apply, or cannot be made' },
};

export const REPLY_DISPLAY: Record<ReplyOutcome, Look> = {
  SUCCESS: { label: 'Success', color: 'teal', icon: IconCheck, hint: 'it was done' },
  FAILED: { label: 'Failed', color: 'red', icon: IconX, hint: 'a business rule, or a deadline, refused it' },
  CANCELED: { label: 'Canceled', color: 'gray', icon: IconBan, hint: 'somebody cancelled it' },
};

/** `canceled`: an attempt that was terminated. */
export const OUTCOME_DISPLAY: Record<OutcomeKind | 'canceled', Look> = {
  success: { label: 'Success', color: 'teal', icon: IconCheck, hint: 'the handler returned' },
  transient: { label: 'Transient', color: 'yellow', icon: IconRefresh, hint: 'worth another attempt' },
  permanent: { label: 'Permanent', color: 'red', icon: IconX, hint: 'no attempt will succeed: to troubleshooting' },
  business_rule: {
    label: 'Business rule',
    color: 'pink',
    icon: IconBriefcase,
    hint: 'a business answer: the process compensates',
  },
  lease_expired: {
    label: 'Lease expired',
    color: 'orange',
    icon: IconClock,
    hint: 'no result before the lease ran out',
  },
  released: { label: 'Released', color: 'gray', icon: IconArrowsSplit, hint: 'given back by a worker that stopped' },
  canceled: { label: 'Terminated', color: 'gray', icon: IconBan, hint: 'ended by an operator or a deadline' },
};

export const EFFECT_LABELS: Record<Effect, string> = {
  COMPLETED: 'Command completed',
  RETRY: 'To be retried',
  TSQ: 'Moved to troubleshooting',
  FAILED: 'Command failed',
  RELEASED: 'Given back',
  CANCELED: 'Command canceled',
};

export const PARK_REASONS: Record<ParkReason, string> = {
  EXHAUSTED: 'every attempt failed',
  PERMANENT: 'it failed for good',
  LEASE_EXPIRED: 'it lost its lease too often',
  COMPENSATION_FAILED: 'undoing the step failed',
  RESULT_NOT_STORABLE: 'its result cannot be stored',
  DEADLINE_EXCEEDED: 'its deadline passed',
};

export type WorkerStatus = 'RUNNING' | 'DRAINING' | 'STOPPED' | 'DEAD';

export const WORKER_DISPLAY: Record<WorkerStatus, Look> = {
  RUNNING: { label: 'Running', color: 'teal', icon: IconPlayerPlay, hint: 'takes work' },
  DRAINING: { label: 'Draining', color: 'yellow', icon: IconMoon, hint: 'finishes what it has, takes nothing new' },
  STOPPED: { label: 'Stopped', color: 'gray', icon: IconCircleDashed, hint: 'left in good order' },
  DEAD: { label: 'Dead', color: 'red', icon: IconHeartOff, hint: 'no heartbeat for 15 s; its leases are taken over' },
};

export const HEALTH_DISPLAY: Record<Worker['health'], Look> = {
  HEALTHY: { label: 'Healthy', color: 'teal', icon: IconHeartbeat, hint: 'works as it should' },
  DEGRADED: {
    label: 'Degraded',
    color: 'yellow',
    icon: IconHeartBroken,
    hint: 'works, but something is wrong with it',
  },
  CRITICAL: {
    label: 'Critical',
    color: 'red',
    icon: IconHeartOff,
    hint: 'can hardly work; it is about to be replaced',
  },
};

export const QUEUE_DISPLAY: Record<QueueState, Look> = {
  RUNNING: { label: 'Running', color: 'teal', icon: IconPlayerPlay, hint: 'workers take from it' },
  DRAINING: {
    label: 'Draining',
    color: 'yellow',
    icon: IconMoon,
    hint: 'paused; what was in progress still runs to its end',
  },
  PAUSED: { label: 'Paused', color: 'orange', icon: IconPlayerPause, hint: 'nothing of it runs until it is resumed' },
};

const UNKNOWN: Omit<Look, 'label'> = { color: 'gray', icon: IconCircleDashed, hint: 'not known to this page' };

/** The colour of a state where it fills a bar: greys and what merely runs are lighter, so that what ended stands out. */
export function barColor(color: string): string {
  return { gray: 'gray.5', steel: 'steel.4' }[color] ?? color;
}

/** The look of a state that comes as plain text; unknown ones are shown as they are. */
export function lookOf<State extends string>(looks: Record<State, Look>, state: string): Look {
  return Object.hasOwn(looks, state) ? looks[state as State] : { label: state, ...UNKNOWN };
}

/** The words for a name that comes as plain text; unknown ones are shown as they are. */
export function wordFor<Name extends string>(words: Record<Name, string>, name: string): string {
  return Object.hasOwn(words, name) ? words[name as Name] : name;
}

/** Options of a filter, in the order of the record. */
export function statusOptions(looks: Record<string, Look>): { value: string; label: string }[] {
  return Object.entries(looks).map(([value, look]) => ({ value, label: look.label }));
}

const SETTLED: readonly CommandStatus[] = ['COMPLETED', 'FAILED', 'CANCELED'];

/** What is settled never changes; a parked command has a time of settling too, but may be tried again. */
export function isSettled(status: CommandStatus): boolean {
  return SETTLED.includes(status);
}

const TERMINAL_BATCHES: readonly BatchStatus[] = ['COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED'];

export function isTerminalBatch(status: BatchStatus): boolean {
  return TERMINAL_BATCHES.includes(status);
}

/** Nothing of it moves by itself: it has ended, or rests until an operator acts. */
export function isStill(status: BatchStatus): boolean {
  return isTerminalBatch(status) || status === 'AT_REST';
}
