// The form that sends commands: its values, its way to a request, and the server's complaints back to its fields. Pure.
// Promises to leave out what is empty and what is the service's default anyway, so that a request says only what was chosen.

import type { CommandDetail, CommandTemplate, Config, NewCommand, Problem } from '../../../../src/http/contract.ts';
import type { DeadlineAction } from '../../../../src/model/command.ts';
import { LIMITS, type Range, SHAPES } from '../../../../src/model/limits.ts';
import {
  fromBehavior,
  NO_CHAOS,
  type NumberText,
  numberOf,
  type StepChaos,
  toBehavior,
  validateChaos,
} from '../../parts/chaos/chaos.ts';
import { jsonObjectError } from '../../parts/form/json-text.ts';
import {
  type PolicyValues,
  parseBackoff,
  policyValues,
  validatePolicy,
  wholeNumberError,
} from '../../parts/form/policy.ts';
import { formatDuration, parseDuration, writeDuration } from '../../parts/format.ts';

export interface TemplateValues extends PolicyValues {
  domain: string;
  type: string;
  /** JSON text of an object; empty for none. */
  payload: string;
  chaos: StepChaos;
  jitter_pct: NumberText;
  /** "30 s" */
  delay: string;
  priority: NumberText;
  deadline: string;
  on_deadline: DeadlineAction;
  reply_to: string;
  correlation_id: string;
}

export interface SendValues extends TemplateValues {
  command_id: string;
}

export type Defaults = Config['defaults'];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `from`: what is to be sent again; its ids are its own. */
export function initialTemplate(defaults: Defaults, from?: Partial<CommandDetail>): TemplateValues {
  return {
    domain: from?.domain ?? defaults.command?.domain ?? '',
    type: from?.type ?? defaults.command?.type ?? '',
    payload: isFilled(from?.payload) ? JSON.stringify(from?.payload, null, 2) : '',
    chaos: fromBehavior(from?.behavior),
    ...policyValues({
      retry: {
        max_attempts: from?.max_attempts ?? defaults.retry.max_attempts,
        backoff_ms: from?.backoff_ms ?? defaults.retry.backoff_ms,
      },
      lease_ms: from?.lease_ms ?? defaults.lease_ms,
    }),
    jitter_pct: from?.jitter_pct ?? defaults.retry.jitter_pct,
    delay: '',
    priority: from?.priority ?? '',
    deadline: from?.deadline_ms ? writeDuration(from.deadline_ms) : '',
    on_deadline: from?.on_deadline ?? 'tsq',
    reply_to: from?.reply_to ?? '',
    correlation_id: '',
  };
}

function isFilled(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && Object.keys(payload).length > 0;
}

/** The request of valid values. */
export function toTemplate(values: TemplateValues, defaults: Defaults): CommandTemplate {
  const behavior = toBehavior(values.chaos);
  const max_attempts = numberOf(values.max_attempts);
  const backoff_ms = parseBackoff(values.backoff);
  const lease_ms = numberOf(values.lease_ms);
  const jitter_pct = numberOf(values.jitter_pct);
  const priority = numberOf(values.priority);
  const delay_ms = values.delay.trim() && parseDuration(values.delay);
  const deadline_ms = values.deadline.trim() && parseDuration(values.deadline);
  return {
    domain: values.domain.trim(),
    type: values.type.trim(),
    ...(values.payload.trim() && { payload: JSON.parse(values.payload) }),
    ...(behavior && { behavior }),
    ...(max_attempts !== null && max_attempts !== defaults.retry.max_attempts && { max_attempts }),
    ...(backoff_ms && String(backoff_ms) !== String(defaults.retry.backoff_ms) && { backoff_ms }),
    ...(lease_ms !== null && lease_ms !== defaults.lease_ms && { lease_ms }),
    ...(jitter_pct !== null && jitter_pct !== defaults.retry.jitter_pct && { jitter_pct }),
    ...(delay_ms && { delay_ms }),
    ...(priority !== null && { priority }),
    ...(deadline_ms && { deadline_ms, on_deadline: values.on_deadline }),
    ...(values.reply_to.trim() && { reply_to: values.reply_to.trim() }),
    ...(values.correlation_id.trim() && { correlation_id: values.correlation_id.trim() }),
  };
}

export function toCommand(values: SendValues, defaults: Defaults): NewCommand {
  const command_id = values.command_id.trim();
  return { ...(command_id && { command_id }), ...toTemplate(values, defaults) };
}

/** By path of the form, what the server would refuse. */
export function validateTemplate(values: TemplateValues): Record<string, string> {
  const errors: Record<string, string> = {};
  const check = (path: string, error: string | null) => {
    if (error) errors[path] = error;
  };
  check('domain', nameError(values.domain));
  check('type', nameError(values.type));
  check('payload', values.payload.trim() ? jsonObjectError(values.payload) : null);
  for (const [field, error] of Object.entries(validateChaos(values.chaos))) check(`chaos.${field}`, error);
  for (const [field, error] of Object.entries(validatePolicy(values))) check(field, error);
  check('jitter_pct', rangeError(values.jitter_pct, LIMITS.jitter_pct));
  check('priority', rangeError(values.priority, LIMITS.priority));
  check('delay', durationError(values.delay, LIMITS.delay_ms));
  check('deadline', durationError(values.deadline, LIMITS.deadline_ms));
  check('reply_to', queueError(values.reply_to));
  check('correlation_id', uuidError(values.correlation_id));
  return errors;
}

export function validateCommand(values: SendValues): Record<string, string> {
  const errors = validateTemplate(values);
  const error = uuidError(values.command_id);
  return error ? { ...errors, command_id: error } : errors;
}

function nameError(text: string): string | null {
  if (!text.trim()) return 'is needed';
  return SHAPES.name.pattern.test(text.trim()) ? null : SHAPES.name.message;
}

export function queueError(text: string): string | null {
  return !text.trim() || SHAPES.queue.pattern.test(text.trim()) ? null : SHAPES.queue.message;
}

function uuidError(text: string): string | null {
  return !text.trim() || UUID.test(text.trim()) ? null : 'must be a UUID';
}

/** Empty is none: the server has its own then. */
function rangeError(value: NumberText, range: Range): string | null {
  return numberOf(value) === null ? null : wholeNumberError(value, range);
}

function durationError(text: string, { min, max }: Range): string | null {
  if (!text.trim()) return null;
  const ms = parseDuration(text);
  if (ms === null) return 'must be a duration, such as 30 s or 5 min';
  return ms < min || ms > max ? `must be ${formatDuration(min)} to ${formatDuration(max)}` : null;
}

/** Where a field of the wire stands in the form. */
const RENAMED: Record<string, string> = { backoff_ms: 'backoff', delay_ms: 'delay', deadline_ms: 'deadline' };

/** The server's complaints by path of the form (`known`: its top level); what belongs to no field is given apart. */
export function placeErrors(
  problem: Problem,
  known: readonly string[],
): { byField: Record<string, string>; rest: Problem['errors'] } {
  const byField: Record<string, string> = {};
  const rest: Problem['errors'] = [];
  for (const error of problem.errors) {
    const path = formPath(error.path, known);
    if (path) byField[path] ??= error.message;
    else rest.push(error);
  }
  return { byField, rest };
}

function formPath(path: string, known: readonly string[]): string | null {
  const [head = '', second = ''] = path.replace(/^template\./, '').split('.');
  if (head === 'behavior') return second in NO_CHAOS ? `chaos.${second}` : null;
  // A batch has a reply_to of its own, beside that of its commands.
  if (path === 'reply_to' && known.includes('batch_reply_to')) return 'batch_reply_to';
  const name = RENAMED[head] ?? head;
  return known.includes(name) ? name : null;
}
