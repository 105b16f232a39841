// Every error class of Faultline, each with a stable `code`, an HTTP status and, for bad input, the invalid fields.
// Handlers say what a failure means by the class they throw, whichever copy of the package it is of; docs/errors.md lists every code.

import { brand } from './brand.ts';

/** One bad field of a request: `path` is dotted (`behavior.render.fail_permanent_pct`), `code` is stable, `message` is for people. */
export interface FieldError {
  path: string;
  code: string;
  message: string;
}

export interface CommandErrorOptions {
  details?: Record<string, unknown>;
  /** Set only by fault injection: the name of the injected fault, so that it is never taken for a real one. */
  fault?: string;
  cause?: unknown;
}

/** What a handler throws to say what its failure means. `code` is the application's own. */
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

/** Worth another attempt: retried with backoff, to the troubleshooting queue when attempts are exhausted. */
export class TransientCommandError extends CommandError {}

/** No attempt will ever succeed: to the troubleshooting queue at once. */
export class PermanentCommandError extends CommandError {}

/** A business answer, not a breakdown: the command is FAILED, the requester is told at once, no operator is asked. */
export class BusinessRuleError extends CommandError {}

export interface FaultlineErrorOptions {
  errors?: FieldError[];
  cause?: unknown;
}

/** What Faultline itself refuses or could not do. */
export class FaultlineError extends Error {
  readonly code: string;
  readonly status: number;
  readonly errors: FieldError[];

  constructor(code: string, status: number, message: string, options: FaultlineErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = status;
    this.errors = options.errors ?? [];
  }
}

/** 422: the request is well formed but a field is not acceptable. */
export class InvalidInputError extends FaultlineError {
  constructor(message: string, errors: FieldError[]) {
    super('INVALID_INPUT', 422, message, { errors });
  }
}

/** 404: nothing of that id. */
export class NotFoundError extends FaultlineError {
  constructor(kind: string, id: string) {
    super('NOT_FOUND', 404, `No ${kind} has the id ${id}.`);
  }
}

/** The row that was looked up. @throws NotFoundError where there is none */
export function orNotFound<T>(kind: string, id: string, row: T | null | undefined): T {
  if (row === null || row === undefined) throw new NotFoundError(kind, id);
  return row;
}

/** 409: it exists, but not in a state that allows this. */
export class WrongStateError extends FaultlineError {
  constructor(message: string) {
    super('WRONG_STATE', 409, message);
  }
}

/** 409: the kill switch stands, and the request asks for chaos. */
export class ChaosStoppedError extends FaultlineError {
  constructor(actor: string | null, reason: string | null) {
    const by = actor === null ? '' : ` by ${actor}`;
    const why = reason === null ? '' : ` (${reason})`;
    super('CHAOS_STOPPED', 409, `Chaos is stopped${by}${why}: resume it first, or ask for none.`);
  }
}

/** 422: a behavior or an experiment was given to a service that has nothing to do it with. */
export class ChaosNotInstalledError extends FaultlineError {
  constructor(path: string) {
    const message =
      'needs chaos, which is not installed in this service: give openService the hook chaosHooks of faultline/chaos';
    super('CHAOS_NOT_INSTALLED', 422, `${path} ${message}.`, { errors: [{ path, code: 'not_installed', message }] });
  }
}

/** 409: a command with that id was sent before. */
export class DuplicateCommandError extends FaultlineError {
  readonly command_ids: string[];
  constructor(ids: string[]) {
    super('DUPLICATE_COMMAND', 409, `A command with this id was sent before: ${ids.slice(0, 5).join(', ')}.`);
    this.command_ids = ids;
  }
}

/** 409: an attempt asked for more time after its lease was lost; somebody else may have the command by now. */
export class LeaseLostError extends FaultlineError {
  constructor(command_id: string) {
    super('LEASE_LOST', 409, `The lease of command ${command_id} was lost.`);
  }
}

/** 422: the Idempotency-Key was used for another request. */
export class IdempotencyKeyReusedError extends FaultlineError {
  constructor() {
    super('IDEMPOTENCY_KEY_REUSED', 422, 'This Idempotency-Key was used before with a different body.', {
      errors: [{ path: 'idempotency-key', code: 'reused', message: 'was used before with a different body' }],
    });
  }
}

/** 422: no process of that type is registered here. */
export class UnknownProcessTypeError extends FaultlineError {
  constructor(type: string, known: string[]) {
    const message = `is not registered here; known: ${known.join(', ') || 'none'}`;
    super('UNKNOWN_PROCESS_TYPE', 422, `Process type ${type} ${message}.`, {
      errors: [{ path: 'process_type', code: 'unknown', message }],
    });
  }
}

/** 409: other profiles have these names; `path` is where each stands in the request. */
export class ProfileNameTakenError extends FaultlineError {
  constructor(taken: readonly { path: string; name: string }[]) {
    const names = taken.slice(0, 5).map(({ name }) => name);
    super('PROFILE_NAME_TAKEN', 409, `There is a profile of this name: ${names.join(', ')}.`, {
      errors: taken.map(({ path }) => ({ path, code: 'taken', message: 'is the name of another profile' })),
    });
  }
}

/** 409: turbulence is asked for that this server's supervisor may not make. */
export class TurbulenceNotAllowedError extends FaultlineError {
  constructor(fields: string[]) {
    const message =
      'Turbulence is made by `faultline start`: all of it on its embedded database; on one of yours only kills of workers and ' +
      'terminated backends, with --allow-turbulence.';
    super('TURBULENCE_NOT_ALLOWED', 409, message, {
      errors: fields.map((path) => ({ path, code: 'not_allowed', message: 'is not allowed on this database' })),
    });
  }
}

/** 504: what lies in the storage of the application was asked for, and nothing came. */
export class StorageSilentError extends FaultlineError {
  constructor(silent_ms: number) {
    super(
      'STORAGE_SILENT',
      504,
      `The storage of the application told nothing of its documents for ${silent_ms / 1_000} s.`,
    );
  }
}

/** The database was migrated by a newer version of Faultline. */
export class SchemaTooNewError extends FaultlineError {
  constructor(found: string, known: string) {
    super(
      'SCHEMA_TOO_NEW',
      500,
      `The database is at migration ${found}, this Faultline knows ${known}: use the newer version.`,
    );
  }
}

/** The database was not migrated, or by another line of code. */
export class SchemaMismatchError extends FaultlineError {
  constructor(message: string) {
    super('SCHEMA_MISMATCH', 500, message);
  }
}

/** A definition or option given by the program is wrong: thrown at start-up, before anything runs. */
export class ConfigurationError extends FaultlineError {
  constructor(message: string, cause?: unknown) {
    super('CONFIGURATION', 500, message, { cause });
  }
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

/** Codes that the bus itself writes on commands and processes. */
export const BUS_CODES = {
  TIMED_OUT: 'the lease ran out under an injected fault',
  LEASE_EXPIRED: 'the lease ran out: the worker died, hung or lost the database',
  UNKNOWN_ERROR: 'the handler threw something that is not a CommandError',
  NO_HANDLER: 'no worker that met the command has a handler for its type',
  RESULT_NOT_STORABLE: 'the result or error cannot be stored (for example a NUL byte)',
  ADVANCE_FAILED:
    "the process's own code (onReply, next, request) threw, or made what may not be; its retry re-drives the reply",
  COMPENSATION_SKIPPED: 'an operator cancelled a compensation, so not everything was undone',
  OPERATOR_CANCELED: 'an operator cancelled the command',
  DEADLINE_EXCEEDED: 'the deadline of the command, or of its process, passed before it was settled',
  BATCH_CANCELED: 'the batch was cancelled before this was attempted',
} as const;
