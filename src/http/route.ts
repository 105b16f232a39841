// What the declarations of routes have in common: how a route is described, and who is behind a verb.

import type { z } from 'zod';
import type { Operator } from '../bus/troubleshooting.ts';
import type { VerbBody } from './contract.ts';
import { problemSchema } from './contract.ts';

/** How every request that fails is answered. */
const PROBLEMS = {
  '4xx': {
    description: 'Refused: `code` says why, `errors` name every invalid field.',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
};

interface Description {
  tags: string[];
  summary: string;
  description?: string;
  deprecated?: boolean;
  headers?: z.ZodType;
  params?: z.ZodType;
  querystring?: z.ZodType;
  body?: z.ZodType;
}

/** The options of a route: its answers by status, what it takes, and how it is described in the OpenAPI document. */
export function route<A extends object, D extends Description, O extends object = object>(
  answers: A,
  description: D,
  options?: O,
) {
  const schema: D & { response: A & typeof PROBLEMS } = { ...description, response: { ...answers, ...PROBLEMS } };
  return { ...(options as O), schema };
}

/** The operator named in the body; `local` without a name, because there is no sign-in. */
export function operatorOf(body: VerbBody | null | undefined): Operator {
  return { actor: body?.actor ?? 'local', reason: body?.reason };
}
