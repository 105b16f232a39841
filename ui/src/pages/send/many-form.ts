// The form that sends many commands as one batch: so many of a kind, these very ones, or none yet. Pure.

import type {
  CommandBatchDetail,
  CommandTemplate,
  NewCommand,
  NewCommandBatch,
} from '../../../../src/http/contract.ts';
import { LIMITS, MAX_LENGTH, SHAPES } from '../../../../src/model/limits.ts';
import { type NumberText, numberOf } from '../../parts/chaos/chaos.ts';
import { jsonError, jsonObjectError } from '../../parts/form/json-text.ts';
import { wholeNumberError } from '../../parts/form/policy.ts';
import {
  type Defaults,
  initialTemplate,
  queueError,
  type TemplateValues,
  toTemplate,
  validateTemplate,
} from './form.ts';

/** count: so many like the template; list: these very commands; open: none yet, they are added later. */
export type Content = 'count' | 'list' | 'open';

export interface ManyValues extends TemplateValues {
  content: Content;
  count: NumberText;
  /** JSON text of an array. */
  commands: string;
  name: string;
  seed: string;
  custom: string;
  batch_reply_to: string;
}

/** `from`: a batch that is to be sent again. */
export function initialMany(defaults: Defaults, from?: CommandBatchDetail): ManyValues {
  const template = from?.template as CommandTemplate | null | undefined;
  return {
    ...initialTemplate(defaults, {
      ...(template as object),
      ...(from?.behavior && { behavior: from.behavior }),
      ...(from?.retry ?? {}),
      ...(from && { lease_ms: from.lease_ms }),
    }),
    content: from && !template ? 'open' : 'count',
    count: from?.total_count || 1_000,
    commands: '',
    name: from?.name ?? '',
    seed: from?.seed ?? '',
    custom: from?.custom ? JSON.stringify(from.custom, null, 2) : '',
    batch_reply_to: from?.reply_to ?? '',
  };
}

/** The request of valid values. */
export function toBatch(values: ManyValues, defaults: Defaults): NewCommandBatch {
  const envelope = {
    ...(values.name.trim() && { name: values.name.trim() }),
    ...(values.seed.trim() && { seed: values.seed.trim() }),
    ...(values.custom.trim() && { custom: JSON.parse(values.custom) }),
    ...(values.batch_reply_to.trim() && { reply_to: values.batch_reply_to.trim() }),
  };
  if (values.content === 'open') return envelope;
  if (values.content === 'list') return { ...envelope, commands: JSON.parse(values.commands) as NewCommand[] };
  return { ...envelope, count: numberOf(values.count) ?? 1, template: toTemplate(values, defaults) };
}

/** By path of the form, what the server would refuse; of the template only what is sent. */
export function validateMany(values: ManyValues): Record<string, string> {
  const errors: Record<string, string> = values.content === 'count' ? validateTemplate(values) : {};
  const check = (path: string, error: string | null) => {
    if (error) errors[path] = error;
  };
  if (values.content === 'count') check('count', wholeNumberError(values.count, LIMITS.batch_count));
  if (values.content === 'list') check('commands', commandsError(values.commands));
  check(
    'name',
    values.name.trim().length > MAX_LENGTH.label ? `must have at most ${MAX_LENGTH.label} characters` : null,
  );
  const seed = values.seed.trim();
  check('seed', seed && !SHAPES.seed.pattern.test(seed) ? SHAPES.seed.message : null);
  check('custom', values.custom.trim() ? jsonObjectError(values.custom) : null);
  check('batch_reply_to', queueError(values.batch_reply_to));
  return errors;
}

/** Why a text is no list of commands; what each of them is, the server says. */
export function commandsError(text: string): string | null {
  if (!text.trim()) return 'is needed';
  const error = jsonError(text);
  if (error) return error;
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) return 'must be a JSON array of commands';
  const { min, max } = LIMITS.request_commands;
  return value.length < min || value.length > max ? `must be ${min} to ${max.toLocaleString('en-US')} commands` : null;
}

/** How many commands a form would send, where that is known. */
export function countOf(values: ManyValues): number | null {
  if (values.content === 'open') return 0;
  if (values.content === 'count') return numberOf(values.count);
  return commandsError(values.commands) === null ? (JSON.parse(values.commands) as unknown[]).length : null;
}
