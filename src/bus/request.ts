// Command requests: validated field by field, then turned into commands.
// A request that passes can be stored; an invalid one names every bad field by its path.

import { z } from 'zod';
import { type DeadlineAction, PRIORITY } from '../model/command.ts';
import { ChaosNotInstalledError, type FieldError, InvalidInputError } from '../model/errors.ts';
import { findJsonErrors } from '../model/field-errors.ts';
import { deterministicId, laneOf } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { RetryPolicy } from '../model/retry.ts';
import { findErrors, nameSchema, queueSchema, retryShape, whole } from '../model/schemas.ts';
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
  /** A uuid of the sender's own, in any version and spelling. A second command with the same id is rejected. */
  command_id?: string;
  /** The earliest claim, counted from now. */
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
  /** The queue for its reply: 1-200 of A-Z a-z 0-9 . _ : - */
  reply_to?: string;
  /** An open command batch that it joins. */
  batch_id?: string;
  /** Passed to extensions; opaque here. */
  behavior?: Record<string, unknown> | null;
}

const anyUuid = z.string().refine((id) => canonicalId(id) !== null, { error: 'must be a uuid' });

const requestSchema = z
  .strictObject({
    domain: nameSchema.refine((domain) => domain !== INTERNAL_DOMAIN, { error: 'is reserved for internal commands' }),
    type: nameSchema,
    payload: z.unknown().optional(),
    command_id: anyUuid.optional(),
    delay_ms: whole(LIMITS.delay_ms).optional(),
    priority: whole(LIMITS.priority).optional(),
    retry: z.strictObject(retryShape).optional(),
    lease_ms: whole(LIMITS.lease_ms).optional(),
    deadline_ms: whole(LIMITS.deadline_ms).optional(),
    on_deadline: z
      .enum(['tsq', 'fail'], {
        error: ({ input }) =>
          input === 'compensate' ? 'must be tsq or fail: there is nothing to compensate' : 'must be tsq or fail',
      })
      .optional(),
    correlation_id: anyUuid.optional(),
    reply_to: queueSchema.optional(),
    batch_id: anyUuid.optional(),
    behavior: z.unknown().optional(),
  })
  .refine(({ deadline_ms, delay_ms }) => deadline_ms === undefined || (delay_ms ?? 0) < deadline_ms, {
    path: ['deadline_ms'],
    error: 'must be longer than delay_ms: it counts from the send',
  })
  .refine(({ deadline_ms, on_deadline }) => on_deadline === undefined || deadline_ms !== undefined, {
    path: ['on_deadline'],
    error: 'requires deadline_ms',
  });

/** The canonical spelling of a uuid in any spelling that PostgreSQL accepts; null for anything else. */
export function canonicalId(id: unknown): string | null {
  if (typeof id !== 'string') return null;
  const hex = id.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/, '$1');
  const digits = hex.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits) || !/^[0-9a-f]{4}(-?[0-9a-f]{4}){7}$/i.test(hex)) return null;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Validates a set. `at` is the path of each request in the caller's own. @throws InvalidInputError */
export function checkRequests(
  { hooks }: Bus,
  requests: readonly CommandRequest[],
  at: (index: number) => readonly PropertyKey[],
): void {
  const errors: FieldError[] = [];
  for (const [index, request] of requests.entries()) {
    const path = at(index);
    errors.push(...findErrors(requestSchema, request, ...path));
    if (request?.payload !== undefined) errors.push(...findDocumentErrors(request.payload, ...path, 'payload'));
    errors.push(...findChaosErrors(hooks, { behavior: request?.behavior, steps: null }, ...path));
    if (errors.length >= MAX_ERRORS) break;
  }
  rejectIfAny(errors);
}

/** @throws InvalidInputError when there is any error */
export function rejectIfAny(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const named = errors.slice(0, 5).map((error) => error.path);
  const more = errors.length > named.length ? ` and ${errors.length - named.length} more` : '';
  throw new InvalidInputError(`Not acceptable: ${named.join(', ')}${more}.`, errors.slice(0, MAX_ERRORS));
}

/** Why a document cannot be stored, or that it is too large. */
export function findDocumentErrors(document: unknown, ...path: PropertyKey[]): FieldError[] {
  const problems = findJsonErrors(path, document);
  if (problems.length > 0) return problems;
  const bytes = Buffer.byteLength(JSON.stringify(document));
  if (bytes <= MAX_PAYLOAD_BYTES) return [];
  const message = `is ${bytes} bytes as JSON; at most ${MAX_PAYLOAD_BYTES} are allowed`;
  return [{ path: path.join('.'), code: 'too_large', message }];
}

/**
 * Validates what extensions are asked to do; `path` is where it stands in the request.
 * @throws ChaosNotInstalledError when there is no extension
 */
export function findChaosErrors(hooks: BusHooks, asked: AskedChaos, ...path: readonly PropertyKey[]): FieldError[] {
  const given = (['behavior', 'experiment'] as const).find(
    (field) => asked[field] !== undefined && asked[field] !== null,
  );
  if (given === undefined) return [];
  const at = (field: string) => [...path, field].join('.');
  if (hooks.findChaosErrors === undefined) throw new ChaosNotInstalledError(at(given));
  return hooks.findChaosErrors(asked).map((error) => ({ ...error, path: at(error.path) }));
}

/** The position of a command in its batch; chaos is drawn from it. */
export interface BatchPosition {
  batch_id: string;
  ordinal: number;
}

/** The command of a validated request; in `lane`, unless the request brings an id. */
export function commandOf(
  bus: Bus,
  request: CommandRequest,
  { lane, position = null }: { lane: number; position?: BatchPosition | null },
): OutgoingCommand {
  // A member of a batch always has the same id, so that a repeated chunk sends nothing twice.
  const command_id =
    canonicalId(request.command_id) ??
    (position === null
      ? bus.env.newId(lane, bus.lanes)
      : deterministicId(position.batch_id, position.ordinal, lane, bus.lanes));
  const { behavior, deadline_ms, type } = request;
  return {
    command_id,
    lane: laneOf(command_id, bus.lanes),
    domain: request.domain,
    type,
    purpose: 'standalone',
    priority: request.priority ?? PRIORITY.standalone,
    payload: request.payload,
    policy: policyOf(bus, request),
    delay_ms: request.delay_ms ?? 0,
    deadline: deadline_ms === undefined ? null : { deadline_ms, on_deadline: request.on_deadline ?? 'tsq' },
    process_id: null,
    batch_id: position?.batch_id ?? null,
    step: null,
    correlation_id: canonicalId(request.correlation_id),
    reply_to: request.reply_to ?? null,
    state: behavior ? { behavior: { [type]: behavior }, ordinal: position?.ordinal ?? null } : null,
  };
}

/** The policy in effect: what the request says, and the settings for the rest. */
export function policyOf(bus: Bus, { retry, lease_ms }: Pick<CommandRequest, 'retry' | 'lease_ms'>) {
  const settings = bus.settings();
  return {
    max_attempts: retry?.max_attempts ?? settings.retry.max_attempts,
    backoff_ms: retry?.backoff_ms ?? settings.retry.backoff_ms,
    jitter_pct: retry?.jitter_pct ?? settings.retry.jitter_pct,
    lease_ms: lease_ms ?? settings.lease_ms,
  };
}
