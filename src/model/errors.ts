// The error classes of Faultline, each with a stable `code` and, for bad input, the invalid fields. See docs/errors.md.
// The class that a handler throws decides what happens next, whichever copy of the package it comes from.

import { brand } from './brand.ts';

/** An invalid field of a request: dotted `path` (`behavior.render.timeout_pct`), stable `code`, readable `message`. */
export interface FieldError {
  path: string;
  code: string;
  message: string;
}

export interface CommandErrorOptions {
  details?: Record<string, unknown>;
  /** Set only by fault injection: the name of the injected fault, so that it is never mistaken for a real one. */
  fault?: string;
  cause?: unknown;
}

/** The base of the errors by which a handler decides what happens next. The application chooses `code`. */
export abstract class CommandError extends Error {
  readonly code: string;
  readonly details: Record<string, unknown> | undefined;
  readonly fault: string | undefined;

  constructor(code: string, message: string, options: CommandErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details;
    this.fault = options.fault;
  }
}

/** The command is retried with backoff, and parked when its attempts are exhausted. */
export class TransientCommandError extends CommandError {}

/** No attempt can succeed: the command is parked at once. */
export class PermanentCommandError extends CommandError {}

/** A business failure: the command is FAILED, and its requester receives a reply at once. No operator is needed. */
export class BusinessRuleError extends CommandError {}

export interface FaultlineErrorOptions {
  errors?: FieldError[];
  cause?: unknown;
}

/** Faultline itself rejects a request or cannot serve it. */
export class FaultlineError extends Error {
  readonly code: string;
  readonly errors: FieldError[];

  constructor(code: string, message: string, options: FaultlineErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.errors = options.errors ?? [];
  }
}

/** The request is well formed, but a field is invalid. */
export class InvalidInputError extends FaultlineError {
  constructor(message: string, errors: FieldError[]) {
    super('INVALID_INPUT', message, { errors });
  }
}

export class NotFoundError extends FaultlineError {
  constructor(kind: string, id: string) {
    super('NOT_FOUND', `No ${kind} has the id ${id}.`);
  }
}

/** The item exists, but its state does not allow this. */
export class WrongStateError extends FaultlineError {
  constructor(message: string) {
    super('WRONG_STATE', message);
  }
}

/** The kill switch is engaged, and the request asks for chaos. */
export class ChaosStoppedError extends FaultlineError {
  constructor(actor: string | null, reason: string | null) {
    const by = actor === null ? '' : ` by ${actor}`;
    const why = reason === null ? '' : ` (${reason})`;
    super('CHAOS_STOPPED', `Chaos is stopped${by}${why}: resume it first, or ask for none.`);
  }
}

/** A request with a behavior or an experiment reached a service without the chaos hooks. */
export class ChaosNotInstalledError extends FaultlineError {
  constructor(path: string) {
    const message =
      'needs chaos, which is not installed in this service: give openService the hook chaosHooks of faultline/chaos';
    super('CHAOS_NOT_INSTALLED', `${path} ${message}.`, { errors: [{ path, code: 'not_installed', message }] });
  }
}

/** A command with that id was sent before. */
export class DuplicateCommandError extends FaultlineError {
  readonly command_ids: string[];
  constructor(ids: string[]) {
    super('DUPLICATE_COMMAND', `A command with this id was sent before: ${ids.slice(0, 5).join(', ')}.`);
    this.command_ids = ids;
  }
}

/** An attempt asked for more time after its lease was lost; another worker may have the command. */
export class LeaseLostError extends FaultlineError {
  constructor(command_id: string) {
    super('LEASE_LOST', `The lease of command ${command_id} was lost.`);
  }
}

/** The Idempotency-Key was used for another request. */
export class IdempotencyKeyReusedError extends FaultlineError {
  constructor() {
    super('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used before with a different body.', {
      errors: [{ path: 'idempotency-key', code: 'reused', message: 'was used before with a different body' }],
    });
  }
}

/** No process of that type is registered here. */
export class UnknownProcessTypeError extends FaultlineError {
  constructor(type: string, known: string[]) {
    const message = `is not registered here; known: ${known.join(', ') || 'none'}`;
    super('UNKNOWN_PROCESS_TYPE', `Process type ${type} ${message}.`, {
      errors: [{ path: 'process_type', code: 'unknown', message }],
    });
  }
}

/** Other profiles have these names; `path` is the position of each in the request. */
export class ProfileNameTakenError extends FaultlineError {
  constructor(taken: readonly { path: string; name: string }[]) {
    const names = taken.slice(0, 5).map(({ name }) => name);
    super('PROFILE_NAME_TAKEN', `There is a profile of this name: ${names.join(', ')}.`, {
      errors: taken.map(({ path }) => ({ path, code: 'taken', message: 'is the name of another profile' })),
    });
  }
}

/** The request asks for turbulence that this server does not allow. */
export class TurbulenceNotAllowedError extends FaultlineError {
  constructor(fields: string[]) {
    super('TURBULENCE_NOT_ALLOWED', 'This turbulence is not allowed on this database; see docs/chaos.md.', {
      errors: fields.map((path) => ({ path, code: 'not_allowed', message: 'is not allowed on this database' })),
    });
  }
}

/** The application's `storedArtifacts` returned nothing for too long. */
export class StorageSilentError extends FaultlineError {
  constructor(silent_ms: number) {
    super(
      'STORAGE_SILENT',
      `The application listed no stored documents for ${silent_ms / 1_000} s. Try again when its storage responds.`,
    );
  }
}

/** The database was migrated by a newer version of Faultline. */
export class SchemaTooNewError extends FaultlineError {
  constructor(found: string, known: string) {
    super(
      'SCHEMA_TOO_NEW',
      `The database is at migration ${found}, this Faultline knows ${known}: use the newer version.`,
    );
  }
}

/** The database is not migrated, or not by this code. */
export class SchemaMismatchError extends FaultlineError {
  constructor(message: string) {
    super('SCHEMA_MISMATCH', message);
  }
}

/** A definition or option given by the program is wrong: thrown at start-up, before anything runs. */
export class ConfigurationError extends FaultlineError {
  constructor(message: string, cause?: unknown) {
    super('CONFIGURATION', message, { cause });
  }
}

/** @throws NotFoundError when there is no row */
export function orNotFound<T>(row: T | null | undefined, kind: string, id: string): T {
  if (row === null || row === undefined) throw new NotFoundError(kind, id);
  return row;
}

for (const [name, of] of Object.entries({
  CommandError,
  TransientCommandError,
  PermanentCommandError,
  BusinessRuleError,
  FaultlineError,
  InvalidInputError,
  NotFoundError,
  WrongStateError,
  ChaosStoppedError,
  ChaosNotInstalledError,
  DuplicateCommandError,
  LeaseLostError,
  IdempotencyKeyReusedError,
  UnknownProcessTypeError,
  ProfileNameTakenError,
  TurbulenceNotAllowedError,
  StorageSilentError,
  SchemaTooNewError,
  SchemaMismatchError,
  ConfigurationError,
}))
  brand(name, of);

/** Codes that the bus itself stores on commands and processes. */
export const BUS_CODES = {
  TIMED_OUT: 'the lease expired under an injected fault',
  LEASE_EXPIRED: 'the lease expired: the worker died, hung or lost the database',
  UNKNOWN_ERROR: 'the handler threw something that is not a CommandError',
  NO_HANDLER: 'no worker that claimed the command has a handler for its type',
  RESULT_NOT_STORABLE: 'the result or error cannot be stored (for example a NUL byte)',
  ADVANCE_FAILED:
    "the process's own code (onReply, next, request) threw, or returned something invalid; a retry applies the reply again",
  COMPENSATION_SKIPPED: 'an operator cancelled a compensation, so not everything was undone',
  OPERATOR_CANCELED: 'an operator cancelled the command',
  DEADLINE_EXCEEDED: 'the deadline of the command, or of its process, passed before it was settled',
  BATCH_CANCELED: 'the batch was cancelled before this was attempted',
} as const;
