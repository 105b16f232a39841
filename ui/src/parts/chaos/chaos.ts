// What the form knows of one step's chaos, and its way to a behavior document and back. Pure.
// Promises that a panel in which nothing is set asks for nothing: zero and empty fields are left out.

import type { ReactNode } from 'react';
import type { CommandBehavior } from '../../../../src/http/contract.ts';
import { FAULT_FIELDS, type FaultField } from '../behavior.ts';

/** A number field as Mantine gives it: a number, or the text of one that is not finished. */
export type NumberText = number | string;

/** How delays are spread between the bounds; `normal` where nothing is said. */
export type DurationShape = NonNullable<CommandBehavior['duration_shape']>;

export type StepChaos = Record<FaultField, NumberText> & {
  fail_first_attempts: NumberText;
  min_duration_ms: NumberText;
  max_duration_ms: NumberText;
  duration_shape: DurationShape;
  delay_failures: boolean;
  error_code: string;
  error_message: string;
  send_response: boolean;
  /** JSON text of an object. */
  response_data: string;
};

export interface ChaosFieldsProps {
  /** Whose chaos it is, such as a step's key: all labels begin with it, for there may be several. */
  step: string;
  /** Where it stands in the form: `chaos.render`. */
  path: string;
  chaos: StepChaos;
  /** What is wrong, by path. */
  errors: Record<string, ReactNode>;
  onChange: (field: keyof StepChaos, value: StepChaos[keyof StepChaos]) => void;
  /** A field was left: the time to say what is wrong with it. */
  onLeave: (field: keyof StepChaos) => void;
}

export const NO_CHAOS: StepChaos = {
  fail_permanent_pct: 0,
  fail_transient_pct: 0,
  fail_business_rule_pct: 0,
  timeout_pct: 0,
  crash_pct: 0,
  connection_lost_pct: 0,
  lost_ack_pct: 0,
  duplicate_pct: 0,
  corrupt_reply_pct: 0,
  fail_first_attempts: '',
  min_duration_ms: '',
  max_duration_ms: '',
  duration_shape: 'normal',
  delay_failures: false,
  error_code: '',
  error_message: '',
  send_response: false,
  response_data: '',
};

export const MAX_FIRST_ATTEMPTS = 100;
const MAX_DURATION_MS = 3_600_000;
const MAX_CODE_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 1_000;

export function numberOf(value: NumberText): number | null {
  if (typeof value === 'number') return value;
  const text = value.trim();
  return text === '' || Number.isNaN(Number(text)) ? null : Number(text);
}

/** The behavior document of a step, or null where it asks for nothing. Throws on JSON that does not parse: validate first. */
export function toBehavior(chaos: StepChaos): CommandBehavior | null {
  const behavior: CommandBehavior = {};
  for (const field of FAULT_FIELDS) {
    const percent = numberOf(chaos[field]);
    if (percent) behavior[field] = percent;
  }
  const first = numberOf(chaos.fail_first_attempts);
  if (first) behavior.fail_first_attempts = first;
  Object.assign(behavior, toDelay(chaos));
  if (chaos.error_code.trim()) behavior.error_code = chaos.error_code.trim();
  if (chaos.error_message.trim()) behavior.error_message = chaos.error_message.trim();
  if (chaos.send_response) {
    behavior.send_response = true;
    if (chaos.response_data.trim()) behavior.response_data = JSON.parse(chaos.response_data);
  }
  return Object.keys(behavior).length === 0 ? null : behavior;
}

/** How it is spread and what it delays means nothing without a delay, and is left out with it. */
function toDelay(chaos: StepChaos): CommandBehavior {
  const min = numberOf(chaos.min_duration_ms);
  const max = numberOf(chaos.max_duration_ms);
  if (!min && !max) return {};
  return {
    ...(min !== null && { min_duration_ms: min }),
    ...(max && { max_duration_ms: max }),
    ...(chaos.duration_shape !== 'normal' && { duration_shape: chaos.duration_shape }),
    ...(chaos.delay_failures && { delay_failures: true }),
  };
}

/** As `toBehavior`, for a form that may not be valid yet: JSON that does not parse counts as none. */
export function toBehaviorDraft(chaos: StepChaos): CommandBehavior | null {
  try {
    return toBehavior(chaos);
  } catch {
    return toBehavior({ ...chaos, response_data: '' });
  }
}

export function fromBehavior(behavior: CommandBehavior | null | undefined): StepChaos {
  if (!behavior) return { ...NO_CHAOS };
  const shares = Object.fromEntries(FAULT_FIELDS.map((field) => [field, behavior[field] ?? 0]));
  return {
    ...NO_CHAOS,
    ...shares,
    fail_first_attempts: behavior.fail_first_attempts ?? '',
    min_duration_ms: behavior.min_duration_ms ?? '',
    max_duration_ms: behavior.max_duration_ms ?? '',
    duration_shape: behavior.duration_shape ?? 'normal',
    delay_failures: behavior.delay_failures ?? false,
    error_code: behavior.error_code ?? '',
    error_message: behavior.error_message ?? '',
    send_response: behavior.send_response ?? false,
    response_data: behavior.response_data ? JSON.stringify(behavior.response_data, null, 2) : '',
  };
}

/** By field, what the server would refuse, in its own words where it has some. */
export function validateChaos(chaos: StepChaos): Partial<Record<keyof StepChaos, string>> {
  const errors: Partial<Record<keyof StepChaos, string>> = {};
  for (const field of FAULT_FIELDS) {
    const percent = numberOf(chaos[field]);
    if (percent !== null && (percent < 0 || percent > 100)) errors[field] = 'must be 0 to 100';
  }
  const first = numberOf(chaos.fail_first_attempts);
  if (first !== null && (!Number.isInteger(first) || first < 0 || first > MAX_FIRST_ATTEMPTS)) {
    errors.fail_first_attempts = `must be a whole number, 0 to ${MAX_FIRST_ATTEMPTS}`;
  }
  Object.assign(errors, validateDelay(chaos));
  if (chaos.error_code.length > MAX_CODE_LENGTH) errors.error_code = `must have at most ${MAX_CODE_LENGTH} characters`;
  if (chaos.error_message.length > MAX_MESSAGE_LENGTH) {
    errors.error_message = `must have at most ${MAX_MESSAGE_LENGTH} characters`;
  }
  if (chaos.send_response && chaos.response_data.trim() && !isJsonObject(chaos.response_data)) {
    errors.response_data = 'must be a JSON object, such as {"approved": true}';
  }
  return errors;
}

function validateDelay(chaos: StepChaos): Partial<Record<keyof StepChaos, string>> {
  const errors: Partial<Record<keyof StepChaos, string>> = {};
  for (const field of ['min_duration_ms', 'max_duration_ms'] as const) {
    const ms = numberOf(chaos[field]);
    if (ms === null) continue;
    if (!Number.isInteger(ms)) errors[field] = 'must be whole milliseconds';
    else if (ms < 0 || ms > MAX_DURATION_MS)
      errors[field] = `must be 0 to ${MAX_DURATION_MS.toLocaleString('en-US')} ms`;
  }
  const min = numberOf(chaos.min_duration_ms);
  const max = numberOf(chaos.max_duration_ms);
  if (min !== null && max !== null && min > max && !errors.max_duration_ms) {
    errors.min_duration_ms ??= 'must not be greater than the maximum';
  } else if (chaos.duration_shape === 'fixed' && min !== null && max !== null && min !== max) {
    errors.duration_shape = 'takes one bound, or two that are equal';
  }
  return errors;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
