// What the form knows of one step's chaos, and its way to a behavior document and back. Pure.
// Promises that a panel in which nothing is set asks for nothing: zero and empty fields are left out.

import type { CommandBehavior } from '../../../../src/http/contract.ts';
import { FAULT_FIELDS, type FaultField } from '../behavior.ts';

/** A number field as Mantine gives it: a number, or the text of one that is not finished. */
export type NumberText = number | string;

export type StepChaos = Record<FaultField, NumberText> & {
  min_duration_ms: NumberText;
  max_duration_ms: NumberText;
  error_code: string;
  error_message: string;
  send_response: boolean;
  /** JSON text of an object. */
  response_data: string;
};

export const NO_CHAOS: StepChaos = {
  fail_permanent_pct: 0,
  fail_transient_pct: 0,
  fail_business_rule_pct: 0,
  timeout_pct: 0,
  min_duration_ms: '',
  max_duration_ms: '',
  error_code: '',
  error_message: '',
  send_response: false,
  response_data: '',
};

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
  const min = numberOf(chaos.min_duration_ms);
  const max = numberOf(chaos.max_duration_ms);
  if (min !== null && (min > 0 || max)) behavior.min_duration_ms = min;
  if (max) behavior.max_duration_ms = max;
  if (chaos.error_code.trim()) behavior.error_code = chaos.error_code.trim();
  if (chaos.error_message.trim()) behavior.error_message = chaos.error_message.trim();
  if (chaos.send_response) {
    behavior.send_response = true;
    if (chaos.response_data.trim()) behavior.response_data = JSON.parse(chaos.response_data);
  }
  return Object.keys(behavior).length === 0 ? null : behavior;
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
  return {
    fail_permanent_pct: behavior.fail_permanent_pct ?? 0,
    fail_transient_pct: behavior.fail_transient_pct ?? 0,
    fail_business_rule_pct: behavior.fail_business_rule_pct ?? 0,
    timeout_pct: behavior.timeout_pct ?? 0,
    min_duration_ms: behavior.min_duration_ms ?? '',
    max_duration_ms: behavior.max_duration_ms ?? '',
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
  }
  if (chaos.error_code.length > MAX_CODE_LENGTH) errors.error_code = `must have at most ${MAX_CODE_LENGTH} characters`;
  if (chaos.error_message.length > MAX_MESSAGE_LENGTH) {
    errors.error_message = `must have at most ${MAX_MESSAGE_LENGTH} characters`;
  }
  if (chaos.send_response && chaos.response_data.trim() && !isJsonObject(chaos.response_data)) {
    errors.response_data = 'must be a JSON object, such as {"approved": true}';
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
