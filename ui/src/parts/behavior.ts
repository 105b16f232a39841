// Reads a behavior document for people: which faults it asks for, in the order in which they are tried. Pure.
// Promises to say nothing about a field that is zero or absent, for such a field does nothing.

import type { CommandBehavior } from '../../../src/http/contract.ts';
import { formatDuration, formatPercent } from './format.ts';

export const FAULT_FIELDS = [
  'fail_permanent_pct',
  'fail_transient_pct',
  'fail_business_rule_pct',
  'timeout_pct',
] as const;
export type FaultField = (typeof FAULT_FIELDS)[number];

export interface FaultWords {
  /** As a form field: "permanent failure". */
  label: string;
  /** In a badge: "permanent". */
  short: string;
  /** What it does to the command. */
  effect: string;
  color: string;
}

export const FAULT_WORDS: Record<FaultField, FaultWords> = {
  fail_permanent_pct: {
    label: 'permanent failure',
    short: 'permanent',
    effect: 'straight to troubleshooting',
    color: 'red',
  },
  fail_transient_pct: {
    label: 'transient failure',
    short: 'transient',
    effect: 'retried with backoff, to troubleshooting when attempts run out',
    color: 'yellow',
  },
  fail_business_rule_pct: {
    label: 'business rule failure',
    short: 'business rule',
    effect: 'refused for good: a process compensates what it did',
    color: 'pink',
  },
  timeout_pct: {
    label: 'timeout',
    short: 'timeout',
    effect: 'hangs until its lease runs out, then is redelivered',
    color: 'orange',
  },
};

/** An injected fault as records name it (`transient`, `timeout`, `duration`) in words. */
export function faultLabel(fault: string): string {
  return fault.replaceAll('_', ' ');
}

/** What a behavior asks for, each in a few words; empty when it does nothing. */
export function describeBehavior(behavior: CommandBehavior | null | undefined): string[] {
  if (!behavior) return [];
  const words: string[] = [];
  for (const field of FAULT_FIELDS) {
    const percent = behavior[field];
    if (percent) words.push(`${formatPercent(percent)} ${FAULT_WORDS[field].short}`);
  }
  const delay = describeDelay(behavior.min_duration_ms, behavior.max_duration_ms);
  if (delay) words.push(delay);
  if (behavior.error_code) words.push(`code ${behavior.error_code}`);
  if (behavior.error_message) words.push('own message');
  if (behavior.send_response) words.push('own response');
  return words;
}

function describeDelay(min: number | null | undefined, max: number | null | undefined): string | null {
  if (!min && !max) return null;
  if (min == null) return `up to ${formatDuration(max ?? 0)}`;
  if (max == null) return `from ${formatDuration(min)}`;
  return min === max ? `${formatDuration(min)} delay` : `${formatDuration(min)} to ${formatDuration(max)} delay`;
}

/** The behavior of one step in a document that was read from the wire. */
export function stepBehavior(
  behavior: Record<string, unknown> | null | undefined,
  step: string,
): CommandBehavior | null {
  const value = behavior?.[step];
  return typeof value === 'object' && value !== null ? (value as CommandBehavior) : null;
}
