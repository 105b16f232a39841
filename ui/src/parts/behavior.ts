// Labels of faults and summaries of behavior documents. Pure.

import type { CommandBehavior } from '../../../src/http/contract.ts';
import { formatDuration, formatPercent } from './format.ts';

/** Faults whose sliders are always visible. */
export const MAIN_FAULTS = [
  'fail_permanent_pct',
  'fail_transient_pct',
  'fail_business_rule_pct',
  'timeout_pct',
] as const;
export const MORE_FAULTS = [
  'crash_pct',
  'connection_lost_pct',
  'lost_ack_pct',
  'duplicate_pct',
  'corrupt_reply_pct',
] as const;
/** Every percentage, in the order in which the faults are tried. */
export const FAULT_FIELDS = [...MAIN_FAULTS, ...MORE_FAULTS] as const;
export type FaultField = (typeof FAULT_FIELDS)[number];

export interface FaultLabels {
  /** Its name in records: `transient`. */
  fault: string;
  /** In a form: "permanent failure". */
  label: string;
  /** In a badge: "permanent". */
  short: string;
  /** What it does to the command. */
  effect: string;
  color: string;
}

function labels(fault: string, label: string, color: string, effect: string, short = plain(fault)): FaultLabels {
  return { fault, label, color, effect, short };
}

const plain = (name: string) => name.replaceAll('_', ' ');

export const FAULT_LABELS: Record<FaultField, FaultLabels> = {
  fail_permanent_pct: labels('permanent', 'permanent failure', 'red', 'straight to troubleshooting'),
  fail_transient_pct: labels(
    'transient',
    'transient failure',
    'yellow',
    'retried with backoff; to troubleshooting when attempts run out',
  ),
  fail_business_rule_pct: labels(
    'business_rule',
    'business rule failure',
    'pink',
    'rejected for good: a process compensates its completed steps',
  ),
  timeout_pct: labels('timeout', 'timeout', 'orange', 'hangs until its lease expires, then is redelivered'),
  crash_pct: labels(
    'crash',
    'worker crash',
    'gray.6',
    'its worker dies during the attempt; everything else that worker held waits for its lease',
  ),
  connection_lost_pct: labels(
    'connection_lost',
    'connection lost',
    'indigo.5',
    'its handler loses its database connection: retried as a transient failure',
  ),
  lost_ack_pct: labels(
    'lost_ack',
    'lost acknowledgement',
    'cyan.6',
    'the work is done, but the result is lost: redelivered when its lease expires',
    'lost acknowledgement',
  ),
  duplicate_pct: labels(
    'duplicate',
    'duplicate delivery',
    'lime.6',
    'its handler runs twice; an idempotent one is safe',
  ),
  corrupt_reply_pct: labels(
    'corrupt_reply',
    'corrupt reply',
    'grape.5',
    'the work is done, but its reply is garbage: the process decides what follows',
  ),
};

/** This fault has a number instead of a percentage: it hits that many first attempts of every command. */
export const FIRST_ATTEMPTS = labels(
  'first_attempts',
  'first attempts that fail',
  'yellow.3',
  'this many attempts of every command fail, whatever is rolled; retried as transient failures',
  'first-attempt failure',
);

/** Every fault, in the order in which they are tried. */
export const ALL_FAULTS: readonly FaultLabels[] = [FIRST_ATTEMPTS, ...FAULT_FIELDS.map((field) => FAULT_LABELS[field])];

const LABELS_BY_FAULT = new Map(ALL_FAULTS.map((fault) => [fault.fault, fault]));

/** The label of an injected fault as records name it: `lost_ack`, `first_attempts`, `duration`. */
export function faultLabel(fault: string): string {
  return LABELS_BY_FAULT.get(fault)?.short ?? plain(fault);
}

/** Null for a fault that this page does not know. */
export function faultEffect(fault: string): string | null {
  return LABELS_BY_FAULT.get(fault)?.effect ?? null;
}

/** What a behavior asks for, a few words each; empty when it does nothing. */
export function describeBehavior(behavior: CommandBehavior | null | undefined): string[] {
  if (!behavior) return [];
  const first = behavior.fail_first_attempts;
  return [
    first && (first === 1 ? 'first attempt fails' : `first ${first} attempts fail`),
    ...FAULT_FIELDS.map((field) => behavior[field] && `${formatPercent(behavior[field])} ${FAULT_LABELS[field].short}`),
    describeDelay(behavior),
    behavior.error_code && `code ${behavior.error_code}`,
    behavior.error_message && 'own message',
    behavior.send_response && 'own response',
  ].filter((part) => typeof part === 'string' && part !== '') as string[];
}

const SHAPES: Record<string, string> = { uniform: ', evenly spread', lognormal: ', a few much longer' };

function describeDelay({ min_duration_ms: min, max_duration_ms: max, ...how }: CommandBehavior): string | null {
  if (!min && !max) return null;
  const failures = how.delay_failures ? ', of failures too' : '';
  // A minimum alone is a fixed delay, a maximum alone starts at 0.
  if (max == null || min === max) return `${formatDuration(min ?? 0)} delay${failures}`;
  const range = min ? `${formatDuration(min)} to ${formatDuration(max)} delay` : `up to ${formatDuration(max)}`;
  return `${range}${SHAPES[how.duration_shape ?? ''] ?? ''}${failures}`;
}

/** The behavior of one step in a document from the wire. */
export function stepBehavior(
  behavior: Record<string, unknown> | null | undefined,
  step: string,
): CommandBehavior | null {
  const value = behavior?.[step];
  return typeof value === 'object' && value !== null ? (value as CommandBehavior) : null;
}
