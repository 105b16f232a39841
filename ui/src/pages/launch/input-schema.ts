// The launch input of a process type as form fields, read from its JSON Schema. Pure.
// Every property has a field; one that is not simple is a JSON field.

import { type NumberText, numberOf } from '../../parts/form/checks.ts';
import { compact } from '../../parts/form/json-text.ts';
import { humanize } from '../../parts/format.ts';

export type InputKind = 'text' | 'date' | 'choice' | 'integer' | 'number' | 'flag' | 'json';

export interface InputField {
  name: string;
  label: string;
  description: string | undefined;
  kind: InputKind;
  required: boolean;
  choices: string[];
  min: number | undefined;
  max: number | undefined;
  initial: InputValue;
}

export type InputValue = NumberText | boolean | null;

interface JsonSchema {
  type?: string | string[];
  format?: string;
  title?: string;
  description?: string;
  enum?: unknown[];
  default?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
}

export function inputFieldsOf(schema: Record<string, unknown>): InputField[] {
  const { properties = {}, required = [] } = schema as JsonSchema;
  return Object.entries(properties).map(([name, property]) => {
    const kind = kindOf(property);
    return {
      name,
      kind,
      label: property.title ?? humanize(name),
      description: property.description,
      required: required.includes(name) && property.default === undefined,
      choices: (property.enum ?? []).map(String),
      min: safeBound(property.minimum),
      max: safeBound(property.maximum),
      initial: initialOf(name, kind, property),
    };
  });
}

function kindOf(property: JsonSchema): InputKind {
  if (property.enum?.every((choice) => typeof choice === 'string')) return 'choice';
  switch (property.type) {
    case 'string':
      return property.format === 'date' ? 'date' : 'text';
    case 'integer':
    case 'number':
      return property.type;
    case 'boolean':
      return 'flag';
    default:
      return 'json';
  }
}

/** In schemas the largest safe integer means no bound. */
function safeBound(bound: number | undefined): number | undefined {
  return bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined;
}

function initialOf(name: string, kind: InputKind, property: JsonSchema): InputValue {
  const given = property.default ?? property.examples?.[0];
  if (given !== undefined) return kind === 'json' ? JSON.stringify(given, null, 2) : (given as InputValue);
  if (kind === 'flag') return false;
  if (kind === 'date') return lastMonthDay(name);
  if (kind === 'choice') return String(property.enum?.[0] ?? '');
  return '';
}

/** A span of dates is at first the previous month. */
function lastMonthDay(name: string): InputValue {
  const today = new Date();
  if (name.startsWith('from_')) return isoDay(new Date(today.getFullYear(), today.getMonth() - 1, 1));
  if (name.startsWith('to_')) return isoDay(new Date(today.getFullYear(), today.getMonth(), 0));
  return null;
}

function isoDay(day: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The document to send, without empty fields. */
export function toInput(fields: readonly InputField[], values: Record<string, InputValue>): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name] ?? null;
    if (value === null || value === '') continue;
    if (field.kind === 'integer' || field.kind === 'number') input[field.name] = numberOf(value as NumberText) ?? value;
    else input[field.name] = field.kind === 'json' ? parseOrText(String(value)) : value;
  }
  return input;
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function fromInput(fields: readonly InputField[], input: Record<string, unknown>): Record<string, InputValue> {
  return Object.fromEntries(
    fields.map((field) => {
      const value = input[field.name];
      if (value === undefined) return [field.name, field.initial];
      return [field.name, field.kind === 'json' ? JSON.stringify(value, null, 2) : (value as InputValue)];
    }),
  );
}

export function validateInput(
  fields: readonly InputField[],
  values: Record<string, InputValue>,
): Record<string, string> {
  const found = Object.fromEntries(fields.map((field) => [field.name, fieldError(field, values[field.name] ?? null)]));
  const errors = compact(found) as Record<string, string>;
  const { from_date: from, to_date: to } = values;
  if (typeof from === 'string' && typeof to === 'string' && from && to && from > to) {
    errors.to_date ??= 'must not be before the from date';
  }
  return errors;
}

function fieldError(field: InputField, value: InputValue): string | null {
  if (value === null || value === '') return field.required ? 'is needed' : null;
  if (field.kind === 'integer' || field.kind === 'number') return numberError(field, value as NumberText);
  if (field.kind === 'json' && typeof parseOrText(String(value)) === 'string') return 'must be JSON';
  return null;
}

function numberError(field: InputField, value: NumberText): string | null {
  const number = numberOf(value);
  if (number === null) return 'must be a number';
  if (field.kind === 'integer' && !Number.isInteger(number)) return 'must be a whole number';
  if (field.min !== undefined && number < field.min) return `must be at least ${field.min}`;
  if (field.max !== undefined && number > field.max) return `must be at most ${field.max}`;
  return null;
}
