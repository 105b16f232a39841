// What a sender may ask for, checked field by field, and the command that becomes of it.
// Promises that a command which passes can be stored, and that every mistake of a set is named by its path.

import { type DeadlineAction, PRIORITY } from '../model/command.ts';
import { ChaosNotInstalledError, type FieldError, InvalidInputError } from '../model/errors.ts';
import { findJsonErrors } from '../model/field-errors.ts';
import { deterministicId, laneOf } from '../model/ids.ts';
import { LIMITS, SHAPES, type Shape } from '../model/limits.ts';
import { findNumberErrors, findPolicyErrors } from '../model/policy.ts';
import type { RetryPolicy } from '../model/retry.ts';
import { isPlainObject } from '../model/storable.ts';
import { type Bus, INTERNAL_DOMAIN } from './bus.ts';
import type { AskedChaos, BusHooks, OutgoingCommand } from './handlers.ts';

/** A larger payload belongs in a store of its own, with its address in the command. In bytes, as JSON. */
export const MAX_PAYLOAD_BYTES = 1_048_576;
const MAX_ERRORS = 100;

export interface CommandRequest {
  domain: string;
  type: string;
  /** Any JSON; an empty object when absent. */
  payload?: unknown;
  /** A uuid of the sender's own, whatever its version and spelling; sent twice, the second is refused. */
  command_id?: string;
  /** Not before so long from now. */
  delay_ms?: number;
  /** 0-9 (5); lower goes first. */
  priority?: number;
  retry?: Partial<RetryPolicy>;
  lease_ms?: number;
  /** Counts from the send, the delay included. */
  deadline_ms?: number;
  /** `tsq` when absent. */
  on_deadline?: Exclude<DeadlineAction, 'compensate'>;
  correlation_id?: string;
  /** The queue in which its reply is put: 1-200 of A-Z a-z 0-9 . _ : - */
  reply_to?: string;
  /** An open command batch that it joins. */
  batch_id?: string;
  /** What extensions are told of it; opaque here. */
  behavior?: Record<string, unknown> | null;
}

const FIELDS = new Set<string>([
  'domain',
  'type',
  'payload',
  'command_id',
  'delay_ms',
  'priority',
  'retry',
  'lease_ms',
  'deadline_ms',
  'on_deadline',
  'correlation_id',
  'reply_to',
  'batch_id',
  'behavior',
] satisfies (keyof CommandRequest)[]);
const RETRY_FIELDS = new Set<string>(['max_attempts', 'backoff_ms', 'jitter_pct'] satisfies (keyof RetryPolicy)[]);

/** The one spelling of a uuid that PostgreSQL would take in several; null when it is none. */
export function canonicalId(id: unknown): string | null {
  if (typeof id !== 'string') return null;
  const hex = id.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/, '$1');
  const digits = hex.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits) || !/^[0-9a-f]{4}(-?[0-9a-f]{4}){7}$/i.test(hex)) return null;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Checks a set. `at` says where in the caller's own request each stands. @throws InvalidInputError */
export function checkRequests(bus: Bus, requests: readonly CommandRequest[], at: (index: number) => string): void {
  const errors: FieldError[] = [];
  for (const [index, request] of requests.entries()) {
    errors.push(...findRequestErrors(bus, request, at(index)));
    if (errors.length >= MAX_ERRORS) break;
  }
  refuseAny(errors);
}

/** @throws InvalidInputError when there is any error */
export function refuseAny(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const named = errors.slice(0, 5).map((error) => error.path);
  const more = errors.length > named.length ? ` and ${errors.length - named.length} more` : '';
  throw new InvalidInputError(`Not acceptable: ${named.join(', ')}${more}.`, errors.slice(0, MAX_ERRORS));
}

function findRequestErrors({ hooks }: Bus, request: CommandRequest, at: string): FieldError[] {
  if (!isPlainObject(request)) return [invalid(at.replace(/\.$/, '') || 'command', 'must be an object')];
  const { retry, deadline_ms, delay_ms } = request;
  return [
    ...unknownFields(request, FIELDS, at),
    ...findNameErrors(`${at}domain`, request.domain),
    ...findTextErrors(`${at}type`, request.type, SHAPES.name),
    ...(request.payload === undefined ? [] : findDocumentErrors(`${at}payload`, request.payload)),
    ...findIdErrors(`${at}command_id`, request.command_id),
    ...findNumberErrors(`${at}delay_ms`, delay_ms, LIMITS.delay_ms),
    ...findNumberErrors(`${at}priority`, request.priority, LIMITS.priority),
    ...findRetryErrors(retry, request.lease_ms, at),
    ...findNumberErrors(`${at}deadline_ms`, deadline_ms, LIMITS.deadline_ms),
    ...(deadline_ms !== undefined && delay_ms !== undefined && delay_ms >= deadline_ms
      ? [invalid(`${at}deadline_ms`, 'must be longer than delay_ms: it counts from the send')]
      : []),
    ...findDeadlineActionErrors(`${at}on_deadline`, request),
    ...findIdErrors(`${at}correlation_id`, request.correlation_id),
    ...findQueueErrors(`${at}reply_to`, request.reply_to),
    ...findIdErrors(`${at}batch_id`, request.batch_id),
    ...findChaosErrors(hooks, { behavior: request.behavior, steps: null }, at),
  ];
}

function unknownFields(value: object, known: ReadonlySet<string>, at: string): FieldError[] {
  return Object.keys(value)
    .filter((key) => !known.has(key))
    .map((key) => ({ path: `${at}${key}`, code: 'unknown_field', message: 'is not a known field' }));
}

function findNameErrors(path: string, domain: unknown): FieldError[] {
  if (domain === INTERNAL_DOMAIN) return [invalid(path, 'is for work of Faultline itself')];
  return findTextErrors(path, domain, SHAPES.name);
}

/** The name of a reply queue; none is no error. */
export function findQueueErrors(path: string, queue: unknown): FieldError[] {
  return queue === undefined ? [] : findTextErrors(path, queue, SHAPES.queue);
}

function findTextErrors(path: string, value: unknown, { pattern, message }: Shape): FieldError[] {
  if (value === undefined) return [{ path, code: 'required', message: 'is required' }];
  return typeof value === 'string' && pattern.test(value) ? [] : [invalid(path, message)];
}

function findIdErrors(path: string, id: unknown): FieldError[] {
  return id === undefined || canonicalId(id) !== null ? [] : [invalid(path, 'must be a uuid')];
}

function findRetryErrors(retry: CommandRequest['retry'], lease_ms: number | undefined, at: string): FieldError[] {
  const paths = { retry: `${at}retry.`, lease: at };
  if (retry === undefined) return findPolicyErrors({ lease_ms }, paths);
  if (!isPlainObject(retry)) return [invalid(`${at}retry`, 'must be an object')];
  return [...unknownFields(retry, RETRY_FIELDS, paths.retry), ...findPolicyErrors({ ...retry, lease_ms }, paths)];
}

function findDeadlineActionErrors(path: string, { deadline_ms, on_deadline }: CommandRequest): FieldError[] {
  if (on_deadline === undefined) return [];
  if ((on_deadline as string) === 'compensate') return [invalid(path, 'a command of no process has nothing to undo')];
  if (on_deadline !== 'tsq' && on_deadline !== 'fail') return [invalid(path, 'must be tsq or fail')];
  return deadline_ms === undefined ? [invalid(path, 'is of no use without deadline_ms')] : [];
}

/** A document that cannot be stored, or is too large to be. */
export function findDocumentErrors(path: string, payload: unknown): FieldError[] {
  const problems = findJsonErrors(path, payload);
  if (problems.length > 0) return problems;
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes <= MAX_PAYLOAD_BYTES) return [];
  const message = `is ${bytes} bytes as JSON; ${MAX_PAYLOAD_BYTES} are the most`;
  return [{ path, code: 'too_large', message }];
}

/**
 * What is wrong with what extensions are asked to do, in their own words; `at` is where it stands in the request.
 * @throws ChaosNotInstalledError when there is nobody to do it
 */
export function findChaosErrors(hooks: BusHooks, asked: AskedChaos, at: string): FieldError[] {
  if (asked.behavior == null && asked.experiment == null) return [];
  if (hooks.findChaosErrors === undefined)
    throw new ChaosNotInstalledError(`${at}${asked.behavior == null ? 'experiment' : 'behavior'}`);
  return hooks.findChaosErrors(asked).map((error) => ({ ...error, path: `${at}${error.path}` }));
}

function invalid(path: string, message: string): FieldError {
  return { path, code: 'invalid', message };
}

/** A member of a batch always has the same id, so that what is done again is not done twice. */
function newIdOf(bus: Bus, lane: number, place: Place | null): string {
  return place === null
    ? bus.env.newId(lane, bus.lanes)
    : deterministicId(place.batch_id, place.ordinal, lane, bus.lanes);
}

/** Where in its batch a command stands; chaos is drawn from it. */
export interface Place {
  batch_id: string;
  ordinal: number;
}

/** The command that becomes of a request that was checked; in `lane`, unless it has an id already. */
export function commandOf(
  bus: Bus,
  request: CommandRequest,
  { lane, place = null }: { lane: number; place?: Place | null },
): OutgoingCommand {
  const settings = bus.settings();
  const command_id = canonicalId(request.command_id) ?? newIdOf(bus, lane, place);
  const { behavior, deadline_ms, type } = request;
  return {
    command_id,
    lane: laneOf(command_id, bus.lanes),
    domain: request.domain,
    type,
    purpose: 'standalone',
    priority: request.priority ?? PRIORITY.standalone,
    payload: request.payload,
    policy: {
      max_attempts: request.retry?.max_attempts ?? settings.retry.max_attempts,
      backoff_ms: request.retry?.backoff_ms ?? settings.retry.backoff_ms,
      jitter_pct: request.retry?.jitter_pct ?? settings.retry.jitter_pct,
      lease_ms: request.lease_ms ?? settings.lease_ms,
    },
    delay_ms: request.delay_ms ?? 0,
    deadline: deadline_ms === undefined ? null : { deadline_ms, on_deadline: request.on_deadline ?? 'tsq' },
    process_id: null,
    batch_id: place?.batch_id ?? null,
    step: null,
    correlation_id: canonicalId(request.correlation_id),
    reply_to: request.reply_to ?? null,
    state: behavior ? { behavior: { [type]: behavior }, ordinal: place?.ordinal ?? null } : null,
  };
}
