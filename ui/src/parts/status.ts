// How each state is displayed: one exhaustive record per set of states.
// A new state in the model does not compile until it has a label, a color and an icon here.

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

export interface Display {
  label: string;
  /** A color of the theme. Violet is for injected faults only. */
  color: string;
  icon: Icon;
  /** Explains the state in a tooltip. */
  hint: string;
}

const display = (label: string, color: string, icon: Icon, hint: string): Display => ({ label, color, icon, hint });

/** Of everything injected by chaos, everywhere. */
export const CHAOS_COLOR = 'violet';

export const PROCESS_DISPLAY: Record<ProcessStatus, Display> = {
  WAITING_FOR_REPLY: display('Running', 'steel', IconLoader, 'waits for the reply of a command'),
  WAITING_FOR_TSQ: display('In troubleshooting', 'orange', IconTool, 'its command waits for an operator'),
  COMPENSATING: display('Compensating', 'indigo', IconArrowBackUp, 'its steps are being undone'),
  COMPLETED: display('Completed', 'teal', IconCircleCheck, 'every step succeeded'),
  COMPENSATED: display('Compensated', 'cyan', IconArrowBackUp, 'failed, and every step was undone'),
  FAILED: display('Failed', 'red', IconCircleX, 'failed; nothing was to undo, or undoing it failed'),
  CANCELED: display('Canceled', 'gray', IconBan, 'canceled; nothing was to undo'),
};

export const BATCH_DISPLAY: Record<BatchStatus, Display> = {
  CREATING: display('Creating', 'steel', IconLoader, 'its processes or commands are still being created'),
  RUNNING: display('Running', 'steel', IconPlayerPlay, 'all are created, some still run'),
  AT_REST: display('At rest', 'orange', IconPlayerPause, 'waits until an operator acts on what is in troubleshooting'),
  CANCELING: display(
    'Canceling',
    'gray',
    IconBan,
    'what has not begun is canceled; the rest ends, or waits for an operator',
  ),
  COMPLETED: display('Completed', 'teal', IconCircleCheck, 'everything in it completed'),
  COMPLETED_WITH_FAILURES: display(
    'Completed with failures',
    'yellow',
    IconCircleX,
    'all ended, some without completing',
  ),
  CANCELED: display('Canceled', 'gray', IconBan, 'canceled, and everything that ran has ended'),
};

export const COMMAND_DISPLAY: Record<CommandStatus, Display> = {
  PENDING: display('Pending', 'gray', IconClock, 'waits for a worker, or for its retry delay'),
  IN_PROGRESS: display('In progress', 'steel', IconLoader, 'a worker holds it under a lease'),
  COMPLETED: display('Completed', 'teal', IconCircleCheck, 'its handler returned'),
  FAILED: display('Failed', 'red', IconCircleX, 'a business rule refused it'),
  CANCELED: display('Canceled', 'gray', IconBan, 'canceled before it completed'),
  IN_TROUBLESHOOTING_QUEUE: display('In troubleshooting', 'orange', IconTool, 'waits for an operator'),
};

/** Purposes that lists show; internal commands are in no list. */
export type ShownPurpose = Exclude<CommandPurpose, 'chunk' | 'job'>;

export const PURPOSE_LABELS: Record<ShownPurpose, string> = {
  standalone: 'On its own',
  step: 'Step of a process',
  compensation: 'Undoes a step',
};

/** The action when a deadline passes. */
export const DEADLINE_LABELS: Record<DeadlineAction, string> = {
  tsq: 'Ask an operator',
  compensate: 'Fail, and undo its process',
  fail: 'Fail, and end its process',
};

export const VERDICT_DISPLAY: Record<Verdict['verdict'], Display> = {
  pass: display('Pass', 'teal', IconShieldCheck, 'every check passed'),
  fail: display('Fail', 'red', IconShieldX, 'a check found violations'),
  running: display('Not yet', 'steel', IconLoader, 'verified in full when the batch is at rest'),
};

export const CHECK_DISPLAY: Record<Check['status'], Display> = {
  pass: display('Pass', 'teal', IconCheck, 'no violations'),
  fail: display('Fail', 'red', IconX, 'violations found'),
  skipped: display('Skipped', 'gray', IconCircleMinus, 'it does not apply, or cannot be evaluated'),
};

export const REPLY_DISPLAY: Record<ReplyOutcome, Display> = {
  SUCCESS: display('Success', 'teal', IconCheck, 'the command completed'),
  FAILED: display('Failed', 'red', IconX, 'a business rule, or a deadline, refused it'),
  CANCELED: display('Canceled', 'gray', IconBan, 'the command was canceled'),
};

/** `canceled`: an attempt that was terminated. */
export const OUTCOME_DISPLAY: Record<OutcomeKind | 'canceled', Display> = {
  success: display('Success', 'teal', IconCheck, 'the handler returned'),
  transient: display('Transient', 'yellow', IconRefresh, 'may succeed when retried'),
  permanent: display('Permanent', 'red', IconX, 'no retry will help: to troubleshooting'),
  business_rule: display('Business rule', 'pink', IconBriefcase, 'a business decision: the process compensates'),
  lease_expired: display('Lease expired', 'orange', IconClock, 'no result before the lease expired'),
  released: display('Released', 'gray', IconArrowsSplit, 'returned by a worker that stopped'),
  canceled: display('Terminated', 'gray', IconBan, 'ended by an operator or a deadline'),
};

export const EFFECT_LABELS: Record<Effect, string> = {
  COMPLETED: 'Command completed',
  RETRY: 'To be retried',
  TSQ: 'Moved to troubleshooting',
  FAILED: 'Command failed',
  RELEASED: 'Released',
  CANCELED: 'Command canceled',
};

export const PARK_REASONS: Record<ParkReason, string> = {
  EXHAUSTED: 'every attempt failed',
  PERMANENT: 'it failed permanently',
  LEASE_EXPIRED: 'it lost its lease too often',
  COMPENSATION_FAILED: 'undoing the step failed',
  RESULT_NOT_STORABLE: 'its result cannot be stored',
  DEADLINE_EXCEEDED: 'its deadline passed',
};

export type WorkerStatus = 'RUNNING' | 'DRAINING' | 'STOPPED' | 'DEAD';

export const WORKER_DISPLAY: Record<WorkerStatus, Display> = {
  RUNNING: display('Running', 'teal', IconPlayerPlay, 'takes work'),
  DRAINING: display('Draining', 'yellow', IconMoon, 'finishes what it has, takes no new work'),
  STOPPED: display('Stopped', 'gray', IconCircleDashed, 'shut down in order'),
  DEAD: display('Dead', 'red', IconHeartOff, 'no heartbeat for 15 s; its leases are taken over'),
};

export const HEALTH_DISPLAY: Record<Worker['health'], Display> = {
  HEALTHY: display('Healthy', 'teal', IconHeartbeat, 'works as it should'),
  DEGRADED: display('Degraded', 'yellow', IconHeartBroken, 'works, with problems'),
  CRITICAL: display('Critical', 'red', IconHeartOff, 'barely works; it is about to be replaced'),
};

export const QUEUE_DISPLAY: Record<QueueState, Display> = {
  RUNNING: display('Running', 'teal', IconPlayerPlay, 'workers take from it'),
  DRAINING: display('Draining', 'yellow', IconMoon, 'paused; what is in progress runs to its end'),
  PAUSED: display('Paused', 'orange', IconPlayerPause, 'nothing in it runs until it is resumed'),
};

const UNKNOWN: Omit<Display, 'label'> = { color: 'gray', icon: IconCircleDashed, hint: 'unknown to this page' };

/** The color of a state in a bar: gray and running states are lighter, so that ended ones stand out. */
export function barColor(color: string): string {
  return { gray: 'gray.5', steel: 'steel.4' }[color] ?? color;
}

/** The display of a state that is plain text on the wire; an unknown one is its own label. */
export function displayOf<State extends string>(known: Record<State, Display>, state: string): Display {
  return Object.hasOwn(known, state) ? known[state as State] : { label: state, ...UNKNOWN };
}

/** The label of a name that is plain text on the wire; an unknown one is its own label. */
export function labelOf<Name extends string>(labels: Record<Name, string>, name: string): string {
  return Object.hasOwn(labels, name) ? labels[name as Name] : name;
}

/** Options of a filter, in the order of the record. */
export function statusOptions(displays: Record<string, Display>): { value: string; label: string }[] {
  return Object.entries(displays).map(([value, { label }]) => ({ value, label }));
}

const SETTLED: readonly CommandStatus[] = ['COMPLETED', 'FAILED', 'CANCELED'];

/** A settled command never changes. A parked one has a `settled_at` too, but may be retried. */
export function isSettled(status: CommandStatus): boolean {
  return SETTLED.includes(status);
}

const TERMINAL_BATCHES: readonly BatchStatus[] = ['COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED'];

export function isTerminalBatch(status: BatchStatus): boolean {
  return TERMINAL_BATCHES.includes(status);
}

/** It has ended, or rests until an operator acts. */
export function isStill(status: BatchStatus): boolean {
  return isTerminalBatch(status) || status === 'AT_REST';
}
