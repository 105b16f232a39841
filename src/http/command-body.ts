// Commands as they were sent: the request of the bus that a body says, and types that nobody here could execute refused by name.
// Promises that every invalid field is named where it stands in the body.

import type { z } from 'zod';
import type { HandlerRegistry } from '../bus/handlers.ts';
import type { CommandRequest } from '../bus/request.ts';
import { compactBehavior } from '../chaos/behavior.ts';
import type { FieldError } from '../model/errors.ts';
import type { newCommandSchema } from './contract.ts';
import { refuse } from './validate.ts';

type Body = z.output<typeof newCommandSchema>;

/** The bus's request; `batch` fields beside it are not its business. */
export function requestOf(body: Body): CommandRequest {
  const { max_attempts, backoff_ms, jitter_pct, behavior, on_deadline, ...same } = body;
  const retry = Object.fromEntries(
    Object.entries({ max_attempts, backoff_ms, jitter_pct }).filter(([, value]) => value !== undefined),
  );
  return {
    ...same,
    retry,
    behavior: compactBehavior(behavior),
    // The bus refuses what a command of no process cannot do.
    on_deadline: on_deadline as CommandRequest['on_deadline'],
  };
}

/**
 * A domain that has handlers here must have one for the type; of other domains another service may know more.
 * `at` is where the body stands in the request.
 */
export function refuseUnknownTypes(
  registry: HandlerRegistry,
  bodies: readonly Body[],
  at: (index: number) => string,
): void {
  const domains = new Set(registry.domains());
  const errors = bodies.flatMap(({ domain, type }, index): FieldError[] => {
    if (!domains.has(domain) || registry.find(domain, type) !== undefined) return [];
    return [
      { path: `${at(index)}type`, code: 'unknown', message: `no handler of ${domain}/${type} is registered here` },
    ];
  });
  refuse(errors);
}
