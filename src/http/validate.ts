// Validation of requests against their schemas. Every invalid field is named by its dotted path.
// What reaches a handler matches its schema, and contains only text that the database can store.

import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { ZodType } from 'zod';
import { type FieldError, InvalidInputError } from '../model/errors.ts';
import { dotted, fieldErrors, PARSE } from '../model/field-errors.ts';
import { jsonProblems } from '../model/storable.ts';

/** Limits the response to a body with very many mistakes. */
const MAX_ERRORS = 100;

/** @throws InvalidInputError when there is any error */
export function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const named = [...new Set(errors.map((error) => error.path))];
  const shown = named.slice(0, 5).join(', ') + (named.length > 5 ? ` and ${named.length - 5} more` : '');
  throw new InvalidInputError(`Not acceptable: ${shown}.`, errors.slice(0, MAX_ERRORS));
}

/** Makes fastify validate with zod, and fail with InvalidInputError. */
export const validatorCompiler: FastifySchemaCompiler<ZodType> =
  ({ schema }) =>
  (data: unknown) => {
    const parsed = schema.safeParse(data, PARSE);
    if (parsed.success) return { value: parsed.data };
    try {
      refuse(fieldErrors(parsed.error.issues));
    } catch (error) {
      return { error: error as InvalidInputError };
    }
    return { value: data };
  };

/** The same for everything but the body, for handlers that check it themselves. */
export function exceptBody({ httpPart, schema }: { httpPart?: string; schema: unknown }) {
  // It is called with the schema of a part of the request, not of the whole route.
  return httpPart === 'body'
    ? (data: unknown) => ({ value: data })
    : validatorCompiler({ schema: schema as ZodType, method: '', url: '' });
}

/** Refuses NUL bytes and halves of surrogate pairs in an address; those of a body are refused when it is read. */
export async function refuseUnstorable(request: FastifyRequest): Promise<void> {
  const parts = [request.params, request.query].filter((part) => part !== undefined);
  refuse(
    parts.flatMap((part) =>
      jsonProblems(toPlain(part)).map(({ path, message }) => ({ path: dotted(path), code: 'not_storable', message })),
    ),
  );
}

/** The query objects of the framework are instances of a class. */
function toPlain(part: unknown): unknown {
  if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
  return { ...part };
}
