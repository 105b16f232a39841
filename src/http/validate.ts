// Requests against their schemas: every invalid field by its dotted path, and text that the database could not hold.
// Promises that what reaches a handler is what its schema says.

import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { ZodType } from 'zod';
import { type FieldError, InvalidInputError } from '../model/errors.ts';
import { dotted, fieldErrors, PARSE } from '../model/field-errors.ts';
import { jsonProblems } from '../model/storable.ts';

/** More would help nobody, and a body of a million mistakes must not make an answer as long. */
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

/** The same for all but the body, where that takes more than one schema and its mistakes are to be told at once. */
export function exceptBody({ httpPart, schema }: { httpPart?: string; schema: unknown }) {
  // The compiler's type is that of a whole route; what it is called with is the schema of a part.
  return httpPart === 'body'
    ? (data: unknown) => ({ value: data })
    : validatorCompiler({ schema: schema as ZodType, method: '', url: '' });
}

/** Text with a NUL byte or half a surrogate pair in an address; of a body it was told when it was read. */
export async function refuseUnstorable(request: FastifyRequest): Promise<void> {
  const parts = [request.params, request.query].filter((part) => part !== undefined);
  refuse(
    parts.flatMap((part) =>
      jsonProblems(toPlain(part)).map(({ path, message }) => ({ path: dotted(path), code: 'not_storable', message })),
    ),
  );
}

/** The framework's own query objects are made by a class; what is in them is plain. */
function toPlain(part: unknown): unknown {
  if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
  return { ...part };
}
