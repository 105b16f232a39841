// The description and the limits of a route, and the actor of a verb.

import type { z } from 'zod';
import type { Operator } from '../bus/operator.ts';
import { problemSchema, type VerbBody } from './contract.ts';
import { exceptBody } from './validate.ts';

/** The responses to requests that fail. */
const PROBLEMS = {
  '4xx': {
    description: 'Refused: `code` says why, `errors` name every invalid field.',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
};

interface Options {
  description?: string;
  deprecated?: boolean;
  headers?: z.ZodType;
  params?: z.ZodType;
  querystring?: z.ZodType;
  body?: z.ZodType;
  /** Other answers than `answer`, by status. */
  also?: Record<number, z.ZodType>;
  /** The status of the answer (200). */
  status?: 200 | 201 | 202 | 204;
  /** For routes that stop something: a flood of requests must not keep operators from it. */
  unlimited?: boolean;
  /** False for streams. */
  exposeHeadRoute?: boolean;
  /** True if the handler validates the body, because that takes more than one schema. */
  unchecked_body?: boolean;
}

/** The options of a route that answers with `answer`, or with a problem. */
export function route<Answer, const O extends Options>(
  tag: string,
  summary: string,
  answer: Answer,
  options = {} as O,
) {
  const { status = 200, also, unlimited, exposeHeadRoute, unchecked_body, ...request } = options;
  type Status = O extends { status: infer S extends number } ? S : 200;
  type Also = O extends { also: infer A } ? A : object;
  const response = { [status]: answer, ...also, ...PROBLEMS } as Record<Status, Answer> & Also & typeof PROBLEMS;
  return {
    ...(unlimited && { config: { rateLimit: false } }),
    ...(exposeHeadRoute !== undefined && { exposeHeadRoute }),
    ...(unchecked_body && { validatorCompiler: exceptBody }),
    schema: { tags: [tag], summary, ...request, response },
  };
}

/** The operator named in the body; `local` without a name, because there is no sign-in. */
export function operatorOf(body: VerbBody | null | undefined): Operator {
  return { actor: body?.actor ?? 'local', reason: body?.reason };
}
