// Every failure of a request as application/problem+json (RFC 9457), with a stable `code` listed in docs/errors.md.
// Internals are never shown: an unexpected failure is logged with its request id and answered 500.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isConnectionError, isRetryable } from '../db/pool.ts';
import type { Logger } from '../model/env.ts';
import { CommandError, FaultlineError, type FieldError } from '../model/errors.ts';
import type { Problem } from './contract.ts';

const NOT_ACCEPTABLE = [422, 'The input is not acceptable'] as const;
const CONFLICT = [409, 'Not possible in this state'] as const;

/** Status and title by code. Other codes of the model concern the setup of a service and are answered as INTERNAL. */
export const HTTP_CODES = {
  MALFORMED_JSON: [400, 'The body is not JSON'],
  BAD_REQUEST: [400, 'The request cannot be understood'],
  ORIGIN_NOT_ALLOWED: [403, 'Requests from other sites are not allowed'],
  HOST_NOT_ALLOWED: [403, 'This host name is not allowed'],
  NOT_FOUND: [404, 'Not found'],
  METHOD_NOT_ALLOWED: [405, 'Method not allowed'],
  CHAOS_STOPPED: CONFLICT,
  DUPLICATE_COMMAND: CONFLICT,
  LEASE_LOST: CONFLICT,
  PROFILE_NAME_TAKEN: CONFLICT,
  TURBULENCE_NOT_ALLOWED: CONFLICT,
  WRONG_STATE: CONFLICT,
  BODY_TOO_LARGE: [413, 'The body is too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The body must be JSON'],
  CHAOS_NOT_INSTALLED: NOT_ACCEPTABLE,
  IDEMPOTENCY_KEY_REUSED: NOT_ACCEPTABLE,
  INVALID_INPUT: NOT_ACCEPTABLE,
  UNKNOWN_PROCESS_TYPE: NOT_ACCEPTABLE,
  RATE_LIMITED: [429, 'Too many requests'],
  INTERNAL: [500, 'Something went wrong'],
  DATABASE_UNAVAILABLE: [503, 'The database is not available'],
  STORAGE_SILENT: [504, 'No answer in time'],
} as const satisfies Record<string, readonly [number, string]>;
export type HttpCode = keyof typeof HTTP_CODES;

export function httpError(code: HttpCode, detail: string): FaultlineError {
  return new FaultlineError(code, detail);
}

const OF_FASTIFY: Record<string, [HttpCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'A body may have at most 1 MiB.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['MALFORMED_JSON', 'The body is not valid JSON.'],
  FST_ERR_BAD_URL: ['BAD_REQUEST', 'The address is not valid.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BAD_REQUEST', 'The body is not as long as Content-Length says.'],
};

/** The one mapping from errors to answers. Pure. */
function problemOf(error: unknown): Problem {
  const { code, message, errors } = toFaultlineError(error);
  const { statusCode = 0 } = (error ?? {}) as Partial<FastifyError>;
  // Other 4xx of the HTTP layer keep their status.
  const other = code === 'BAD_REQUEST' && statusCode >= 400 && statusCode < 500;
  return toProblem(code as HttpCode, message, errors, other ? statusCode : undefined);
}

export function toProblem(
  code: HttpCode,
  detail: string,
  errors: FieldError[] = [],
  status: number = HTTP_CODES[code][0],
): Problem {
  return { type: 'about:blank', title: HTTP_CODES[code][1], status, code, detail, errors };
}

function toFaultlineError(error: unknown): FaultlineError {
  if (error instanceof FaultlineError && error.code in HTTP_CODES) return error;
  // The code of a definition rejected the input of a launch.
  if (error instanceof CommandError) return new FaultlineError('INVALID_INPUT', error.message);
  if (isCutOff(error)) return httpError('BAD_REQUEST', 'The body ended before it was whole.');
  if (isConnectionError(error))
    return httpError(
      'DATABASE_UNAVAILABLE',
      'The database does not answer. Whether the request took effect is not known: look, or ask again, in a moment.',
    );
  if (isRetryable(error) || isRefused(error))
    return httpError(
      'DATABASE_UNAVAILABLE',
      'The database refuses for now. Look whether the request took effect, or ask again, in a moment.',
    );
  const { code = '', statusCode = 500 } = (error ?? {}) as Partial<FastifyError>;
  const mapped = OF_FASTIFY[code];
  if (mapped !== undefined) return httpError(...mapped);
  if (error instanceof SyntaxError && statusCode === 400)
    return httpError('MALFORMED_JSON', 'The body is not valid JSON.');
  if (statusCode >= 400 && statusCode < 500) return httpError('BAD_REQUEST', 'The request cannot be understood.');
  return httpError('INTERNAL', 'The failure was logged.');
}

/** The client disconnected within its body. The code alone could also be the database's. */
function isCutOff(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as Partial<FastifyError>;
  return code === 'ECONNRESET' && statusCode === 400;
}

/** The server answers, but the database or the right to use it is gone. */
function isRefused(error: unknown): boolean {
  return /^(28|3D)...$/.test(String((error as { code?: unknown } | null)?.code));
}

/** Answers a failed request, and logs an unexpected failure. */
export function sendProblem(
  logger: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500) {
    const fields = { err: error, request_id: request.id, method: request.method, url: request.url };
    if (problem.code === 'INTERNAL') {
      logger.error(fields, 'a request failed');
      problem.detail = `The failure was logged with request id ${request.id}.`;
    } else {
      logger.warn(fields, 'a request could not be served');
    }
  }
  if (problem.status === 503) reply.header('retry-after', '1');
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problem));
}
