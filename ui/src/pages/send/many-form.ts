// The form that sends many commands as one batch. Pure.

import type {
  CommandBatchDetail,
  CommandTemplate,
  NewCommand,
  NewCommandBatch,
} from '../../../../src/http/contract.ts';
import { LIMITS, MAX_LENGTH, SHAPES } from '../../../../src/model/limits.ts';
import { lengthError, type NumberText, numberOf, shapeError, wholeNumberError } from '../../parts/form/checks.ts';
import { compact, documentText, jsonError, jsonObjectError } from '../../parts/form/json-text.ts';
import { formatCount } from '../../parts/format.ts';
import { type Defaults, initialTemplate, type TemplateValues, toTemplate, validateTemplate } from './form.ts';

/** count: equal commands from the template; list: commands given as JSON; open: none yet, they are added later. */
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

/** `from`: a batch that is sent again. */
export function initialMany(defaults: Defaults, from?: CommandBatchDetail): ManyValues {
  const template = from?.template as CommandTemplate | null | undefined;
  const { behavior, retry, lease_ms } = from ?? {};
  return {
    ...initialTemplate(defaults, { ...(template as object), ...compact({ behavior, ...retry, lease_ms }) }),
    content: from && !template ? 'open' : 'count',
    count: from?.total_count || 1_000,
    commands: '',
    name: from?.name ?? '',
    seed: from?.seed ?? '',
    custom: documentText(from?.custom),
    batch_reply_to: from?.reply_to ?? '',
  };
}

/** The request of valid values. */
export function toBatch(values: ManyValues, defaults: Defaults): NewCommandBatch {
  const envelope = compact({
    name: values.name.trim(),
    seed: values.seed.trim(),
    custom: values.custom.trim() && JSON.parse(values.custom),
    reply_to: values.batch_reply_to.trim(),
  });
  if (values.content === 'open') return envelope;
  if (values.content === 'list') return { ...envelope, commands: JSON.parse(values.commands) as NewCommand[] };
  return { ...envelope, count: numberOf(values.count) ?? 1, template: toTemplate(values, defaults) };
}

/** By path of the form, what the server would reject. */
export function validateMany(values: ManyValues): Record<string, string> {
  const { content } = values;
  const own = compact({
    count: content === 'count' && wholeNumberError(values.count, LIMITS.batch_count),
    commands: content === 'list' && commandsError(values.commands),
    name: lengthError(values.name, MAX_LENGTH.label),
    seed: shapeError(values.seed, SHAPES.seed),
    custom: values.custom.trim() && jsonObjectError(values.custom),
    batch_reply_to: shapeError(values.batch_reply_to, SHAPES.queue),
  });
  return { ...(content === 'count' && validateTemplate(values)), ...(own as Record<string, string>) };
}

/** Why a text is not a list of commands; whether each is a command, the server checks. */
export function commandsError(text: string): string | null {
  if (!text.trim()) return 'is needed';
  const error = jsonError(text);
  if (error) return error;
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) return 'must be a JSON array of commands';
  const { min, max } = LIMITS.request_commands;
  return value.length < min || value.length > max ? `must be ${min} to ${formatCount(max)} commands` : null;
}

/** How many commands a form would send; null when that is unknown. */
export function countOf(values: ManyValues): number | null {
  if (values.content === 'open') return 0;
  if (values.content === 'count') return numberOf(values.count);
  return commandsError(values.commands) === null ? (JSON.parse(values.commands) as unknown[]).length : null;
}
