// The form that sends commands: its values, the request they make, and the fields of the server's errors. Pure.
// A request holds only what differs from the service's defaults.

import type { CommandDetail, CommandTemplate, Config, NewCommand } from '../../../../src/http/contract.ts';
import type { DeadlineAction } from '../../../../src/model/command.ts';
import { LIMITS, type Range, SHAPES } from '../../../../src/model/limits.ts';
import { fromBehavior, NO_CHAOS, type StepChaos, toBehavior, validateChaos } from '../../parts/chaos/chaos.ts';
import {
  durationError,
  type NumberText,
  numberOf,
  parseBackoff,
  shapeError,
  UUID,
  under,
  wholeNumberError,
} from '../../parts/form/checks.ts';
import { compact, documentText, jsonObjectError } from '../../parts/form/json-text.ts';
import { type PolicyValues, policyValues, validatePolicy } from '../../parts/form/policy.ts';
import { parseDuration, writeDuration } from '../../parts/format.ts';

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

/** `from`: what is sent again; its ids stay its own. */
export function initialTemplate(defaults: Defaults, from: Partial<CommandDetail> = {}): TemplateValues {
  const { retry, lease_ms } = defaults;
  const policy = { retry: { ...retry, ...compact(from) }, lease_ms: from.lease_ms ?? lease_ms };
  return {
    domain: from.domain ?? defaults.command?.domain ?? '',
    type: from.type ?? defaults.command?.type ?? '',
    payload: documentText(from.payload),
    chaos: fromBehavior(from.behavior),
    ...policyValues(policy),
    jitter_pct: from.jitter_pct ?? retry.jitter_pct,
    delay: '',
    priority: from.priority ?? '',
    deadline: from.deadline_ms ? writeDuration(from.deadline_ms) : '',
    on_deadline: from.on_deadline ?? 'tsq',
    reply_to: from.reply_to ?? '',
    correlation_id: '',
  };
}

/** The request of valid values. */
export function toTemplate(values: TemplateValues, { retry, lease_ms }: Defaults): CommandTemplate {
  const unless = <Value>(standard: Value, value: Value) => (String(value) === String(standard) ? null : value);
  const deadline_ms = parseDuration(values.deadline);
  return compact({
    domain: values.domain.trim(),
    type: values.type.trim(),
    payload: values.payload.trim() && JSON.parse(values.payload),
    behavior: toBehavior(values.chaos),
    max_attempts: unless(retry.max_attempts, numberOf(values.max_attempts)),
    backoff_ms: unless(retry.backoff_ms, parseBackoff(values.backoff)),
    lease_ms: unless(lease_ms, numberOf(values.lease_ms)),
    jitter_pct: unless(retry.jitter_pct, numberOf(values.jitter_pct)),
    delay_ms: parseDuration(values.delay) || null,
    priority: numberOf(values.priority),
    deadline_ms,
    on_deadline: deadline_ms === null ? null : values.on_deadline,
    reply_to: values.reply_to.trim(),
    correlation_id: values.correlation_id.trim(),
  });
}

export function toCommand(values: SendValues, defaults: Defaults): NewCommand {
  return { ...compact({ command_id: values.command_id.trim() }), ...toTemplate(values, defaults) };
}

/** By path of the form, what the server would reject. */
export function validateTemplate(values: TemplateValues): Record<string, string> {
  const name = (text: string) => (text.trim() ? shapeError(text, SHAPES.name) : 'is needed');
  // An empty number is the server's default.
  const number = (value: NumberText, range: Range) => (value === '' ? null : wholeNumberError(value, range));
  const own = compact({
    domain: name(values.domain),
    type: name(values.type),
    payload: values.payload.trim() && jsonObjectError(values.payload),
    ...validatePolicy(values),
    jitter_pct: number(values.jitter_pct, LIMITS.jitter_pct),
    priority: number(values.priority, LIMITS.priority),
    delay: durationError(values.delay, LIMITS.delay_ms),
    deadline: durationError(values.deadline, LIMITS.deadline_ms),
    reply_to: shapeError(values.reply_to, SHAPES.queue),
    correlation_id: shapeError(values.correlation_id, UUID),
  });
  return { ...own, ...under('chaos', validateChaos(values.chaos)) } as Record<string, string>;
}

export function validateCommand(values: SendValues): Record<string, string> {
  const own = compact({ command_id: shapeError(values.command_id, UUID) });
  return { ...validateTemplate(values), ...(own as Record<string, string>) };
}

/** Fields of the request that have another name in the form. */
const RENAMED: Record<string, string> = { backoff_ms: 'backoff', delay_ms: 'delay', deadline_ms: 'deadline' };

/** The form's path of a field of the request; null when it is not among the `known` values. */
export function sendPath(path: string, known: object): string | null {
  const [head = '', second = ''] = path.replace(/^template\./, '').split('.');
  if (head === 'behavior') return second in NO_CHAOS ? `chaos.${second}` : null;
  // A batch has its own reply_to, besides that of its commands.
  if (path === 'reply_to' && 'batch_reply_to' in known) return 'batch_reply_to';
  const name = RENAMED[head] ?? head;
  return name in known ? name : null;
}
