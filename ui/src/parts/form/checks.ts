// What forms reject before the server would, and where the server's errors belong in a form. Pure.
// Each check answers the error text, or null.

import type { Problem } from '../../../../src/http/contract.ts';
import { LIMITS, type Range, type Shape } from '../../../../src/model/limits.ts';
import { formatCount, formatDuration, parseDuration } from '../format.ts';

/** The value of a number field: a number, or text while it is being typed. */
export type NumberText = number | string;

export function numberOf(value: NumberText): number | null {
  if (typeof value === 'number') return value;
  const text = value.trim();
  return text === '' || Number.isNaN(Number(text)) ? null : Number(text);
}

export function percentError(value: NumberText): string | null {
  const percent = numberOf(value) ?? 0;
  return percent < 0 || percent > 100 ? 'must be 0 to 100' : null;
}

export const UUID: Shape = {
  pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  message: 'must be a UUID, such as 0198c0de-0000-7000-8000-000000000000',
};

export function wholeNumberError(value: NumberText, { min, max }: Range): string | null {
  const number = numberOf(value);
  if (number === null) return 'is needed';
  if (!Number.isInteger(number)) return 'must be a whole number';
  return number < min || number > max ? `must be ${formatCount(min)} to ${formatCount(max)}` : null;
}

export function lengthError(text: string, max: number): string | null {
  return text.trim().length > max ? `must have at most ${formatCount(max)} characters` : null;
}

/** Empty is valid, here and below. */
export function shapeError(text: string, { pattern, message }: Shape): string | null {
  return !text.trim() || pattern.test(text.trim()) ? null : message;
}

export function durationError(text: string, { min, max }: Range): string | null {
  if (!text.trim()) return null;
  const ms = parseDuration(text);
  if (ms === null) return 'must be a duration, such as 30 s or 5 min';
  return ms < min || ms > max ? `must be ${formatDuration(min)} to ${formatDuration(max)}` : null;
}

/** "10 s, 1 min" -> [10000, 60000]; null when a part is not a duration. */
export function parseBackoff(text: string): number[] | null {
  const parts = text.split(/[,;]/).filter((part) => part.trim() !== '');
  const delays = parts.map(parseDuration).filter((delay) => delay !== null);
  return delays.length < parts.length ? null : delays;
}

export function backoffError(text: string): string | null {
  const { min, max } = LIMITS.backoff_count;
  const delays = parseBackoff(text);
  if (delays === null) return 'must be durations, such as 10 s, 1 min, 5 min';
  if (delays.length < min || delays.length > max) return `must be ${min} to ${max} durations`;
  return delays.some((delay) => delay > LIMITS.backoff_ms.max) ? 'must be at most 24 h each' : null;
}

/** The same errors under a longer path. */
export function under(path: string, errors: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(errors).map(([field, error]) => [`${path}.${field}`, error]));
}

/** The server's errors by path of the form; `pathOf` is null for those that belong to no field. */
export function placeErrors(problem: Problem, pathOf: (path: string) => string | null) {
  const byField: Record<string, string> = {};
  const rest: Problem['errors'] = [];
  for (const error of problem.errors) {
    const path = pathOf(error.path);
    if (path) byField[path] ??= error.message;
    else rest.push(error);
  }
  return { byField, rest };
}
