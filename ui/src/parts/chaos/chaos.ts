// The chaos of one step as a form holds it, and its conversion to a behavior document and back. Pure.

import type { CommandBehavior } from '../../../../src/http/contract.ts';
import { FAULT_FIELDS, type FaultField } from '../behavior.ts';
import { lengthError, type NumberText, numberOf, percentError } from '../form/checks.ts';
import { compact, isJsonObject } from '../form/json-text.ts';
import { formatCount } from '../format.ts';

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

/** The behavior document of a step; null when it asks for nothing. Throws on invalid JSON: validate first. */
export function toBehavior(chaos: StepChaos): CommandBehavior | null {
  const counts = [...FAULT_FIELDS, 'fail_first_attempts'] as const;
  const behavior = compact({
    ...Object.fromEntries(counts.map((field) => [field, numberOf(chaos[field]) || null])),
    ...toDelay(chaos),
    error_code: chaos.error_code.trim(),
    error_message: chaos.error_message.trim(),
    send_response: chaos.send_response,
    response_data: chaos.send_response && chaos.response_data.trim() ? JSON.parse(chaos.response_data) : null,
  });
  return Object.keys(behavior).length === 0 ? null : behavior;
}

function toDelay({ min_duration_ms, max_duration_ms, duration_shape, delay_failures }: StepChaos) {
  const min = numberOf(min_duration_ms);
  const max = numberOf(max_duration_ms) || null;
  if (!min && !max) return {};
  const shape = duration_shape === 'normal' ? null : duration_shape;
  return { min_duration_ms: min, max_duration_ms: max, duration_shape: shape, delay_failures };
}

/** Like `toBehavior`, for a form that may be invalid: ignores a response that is not JSON. */
export function toBehaviorDraft(chaos: StepChaos): CommandBehavior | null {
  return toBehavior(isJsonObject(chaos.response_data) ? chaos : { ...chaos, response_data: '' });
}

export function fromBehavior(behavior: CommandBehavior | null | undefined): StepChaos {
  const { response_data, ...given } = compact(behavior ?? {});
  return { ...NO_CHAOS, ...given, response_data: response_data ? JSON.stringify(response_data, null, 2) : '' };
}

type ChaosErrors = Partial<Record<keyof StepChaos, string>>;

/** By field, what the server would reject. */
export function validateChaos(chaos: StepChaos): ChaosErrors {
  const first = numberOf(chaos.fail_first_attempts) ?? 0;
  const badResponse = chaos.send_response && chaos.response_data.trim() && !isJsonObject(chaos.response_data);
  const badFirst = !Number.isInteger(first) || first < 0 || first > MAX_FIRST_ATTEMPTS;
  return compact({
    ...Object.fromEntries(FAULT_FIELDS.map((field) => [field, percentError(chaos[field])])),
    fail_first_attempts: badFirst && `must be a whole number, 0 to ${MAX_FIRST_ATTEMPTS}`,
    ...validateDelay(chaos),
    error_code: lengthError(chaos.error_code, 100),
    error_message: lengthError(chaos.error_message, 1_000),
    response_data: badResponse && 'must be a JSON object, such as {"approved": true}',
  });
}

function validateDelay(chaos: StepChaos): ChaosErrors {
  const errors = compact({
    min_duration_ms: delayError(chaos.min_duration_ms),
    max_duration_ms: delayError(chaos.max_duration_ms),
  });
  const min = numberOf(chaos.min_duration_ms);
  const max = numberOf(chaos.max_duration_ms);
  if (min === null || max === null) return errors;
  if (min > max && !errors.max_duration_ms) {
    return { min_duration_ms: 'must not be greater than the maximum', ...errors };
  }
  if (chaos.duration_shape !== 'fixed' || min === max) return errors;
  return { ...errors, duration_shape: 'takes one bound, or two that are equal' };
}

function delayError(value: NumberText): string | null {
  const ms = numberOf(value) ?? 0;
  if (!Number.isInteger(ms)) return 'must be whole milliseconds';
  return ms < 0 || ms > MAX_DURATION_MS ? `must be 0 to ${formatCount(MAX_DURATION_MS)} ms` : null;
}
