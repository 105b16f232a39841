// Reads a behavior document for people: which faults it asks for, in the order in which they are tried. Pure.
// Promises to say nothing about a field that is zero or absent, for such a field does nothing.

import type { CommandBehavior } from '../../../src/http/contract.ts';
import { formatDuration, formatPercent } from './format.ts';

/** Those whose sliders stay in sight. */
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
/** Every percentage, in the order in which they are tried, after the first attempts that fail whatever the rolls say. */
export const FAULT_FIELDS = [...MAIN_FAULTS, ...MORE_FAULTS] as const;
export type FaultField = (typeof FAULT_FIELDS)[number];

export interface FaultLabels {
  /** As records name it: `transient`. */
  fault: string;
  /** As a form field: "permanent failure". */
  label: string;
  /** In a badge: "permanent". */
  short: string;
  /** What it does to the command. */
  effect: string;
  color: string;
}

export const FAULT_LABELS: Record<FaultField, FaultLabels> = {
  fail_permanent_pct: {
    fault: 'permanent',
    label: 'permanent failure',
    short: 'permanent',
    effect: 'straight to troubleshooting',
    color: 'red',
  },
  fail_transient_pct: {
    fault: 'transient',
    label: 'transient failure',
    short: 'transient',
    effect: 'retried with backoff, to troubleshooting when attempts run out',
    color: 'yellow',
  },
  fail_business_rule_pct: {
    fault: 'business_rule',
    label: 'business rule failure',
    short: 'business rule',
    effect: 'refused for good: a process compensates what it did',
    color: 'pink',
  },
  timeout_pct: {
    fault: 'timeout',
    label: 'timeout',
    short: 'timeout',
    effect: 'hangs until its lease runs out, then is redelivered',
    color: 'orange',
  },
  crash_pct: {
    fault: 'crash',
    label: 'worker crash',
    short: 'crash',
    effect: 'its worker dies in the middle of it, and all else that worker held waits for its leases',
    color: 'gray.6',
  },
  connection_lost_pct: {
    fault: 'connection_lost',
    label: 'connection lost',
    short: 'connection lost',
    effect: 'its handler loses the database under it: retried as a transient failure',
    color: 'indigo.5',
  },
  lost_ack_pct: {
    fault: 'lost_ack',
    label: 'lost acknowledgement',
    short: 'lost acknowledgement',
    effect: 'the work is done and nobody hears of it: redelivered when its lease runs out',
    color: 'cyan.6',
  },
  duplicate_pct: {
    fault: 'duplicate',
    label: 'duplicate delivery',
    short: 'duplicate',
    effect: 'its handler runs twice; a handler that is idempotent does not mind',
    color: 'lime.6',
  },
  corrupt_reply_pct: {
    fault: 'corrupt_reply',
    label: 'corrupt reply',
    short: 'corrupt reply',
    effect: 'the work is done and its reply is rubbish: what follows is up to the process',
    color: 'grape.5',
  },
};

/** Of a fault that has no percentage: it hits the first attempts, all of them. */
export const FIRST_ATTEMPTS: FaultLabels = {
  fault: 'first_attempts',
  label: 'first attempts that fail',
  short: 'first-attempt failure',
  effect: 'so many attempts of every command fail, whatever the rolls say; retried as transient failures',
  color: 'yellow.3',
};

/** Every kind of fault in the order in which they are tried. */
export const ALL_FAULTS: readonly FaultLabels[] = [FIRST_ATTEMPTS, ...FAULT_FIELDS.map((field) => FAULT_LABELS[field])];

const LABELS_BY_FAULT = new Map(ALL_FAULTS.map((words) => [words.fault, words]));

/** An injected fault as records name it (`lost_ack`, `first_attempts`, `duration`) in words. */
export function faultLabel(fault: string): string {
  return LABELS_BY_FAULT.get(fault)?.short ?? fault.replaceAll('_', ' ');
}

/** What it does to its command; null for what this page does not know. */
export function faultEffect(fault: string): string | null {
  return LABELS_BY_FAULT.get(fault)?.effect ?? null;
}

/** What a behavior asks for, each in a few words; empty when it does nothing. */
export function describeBehavior(behavior: CommandBehavior | null | undefined): string[] {
  if (!behavior) return [];
  const words: string[] = [];
  const first = behavior.fail_first_attempts;
  if (first) words.push(first === 1 ? 'first attempt fails' : `first ${first} attempts fail`);
  for (const field of FAULT_FIELDS) {
    const percent = behavior[field];
    if (percent) words.push(`${formatPercent(percent)} ${FAULT_LABELS[field].short}`);
  }
  const delay = describeDelay(behavior);
  if (delay) words.push(delay);
  if (behavior.error_code) words.push(`code ${behavior.error_code}`);
  if (behavior.error_message) words.push('own message');
  if (behavior.send_response) words.push('own response');
  return words;
}

function describeDelay({ min_duration_ms: min, max_duration_ms: max, ...how }: CommandBehavior): string | null {
  if (!min && !max) return null;
  const failures = how.delay_failures ? ', of failures too' : '';
  // A minimum alone is a fixed delay, a maximum alone starts at 0.
  if (max == null || min === max) return `${formatDuration(min ?? 0)} delay${failures}`;
  const range = min ? `${formatDuration(min)} to ${formatDuration(max)} delay` : `up to ${formatDuration(max)}`;
  return `${range}${shapeLabel(how.duration_shape)}${failures}`;
}

function shapeLabel(shape: CommandBehavior['duration_shape']): string {
  if (shape === 'uniform') return ', evenly spread';
  return shape === 'lognormal' ? ', a few much longer' : '';
}

/** The behavior of one step in a document that was read from the wire. */
export function stepBehavior(
  behavior: Record<string, unknown> | null | undefined,
  step: string,
): CommandBehavior | null {
  const value = behavior?.[step];
  return typeof value === 'object' && value !== null ? (value as CommandBehavior) : null;
}
