// The body of a command: the bus's request for it, with the application's default domain and type.
// A type that no handler here executes is refused by the path of its field.

import type { z } from 'zod';
import type { CommandRequest } from '../bus/request.ts';
import { compactBehavior } from '../chaos/behavior.ts';
import type { FieldError } from '../model/errors.ts';
import type { Service } from '../process/service.ts';
import type { newCommandSchema } from './contract.ts';
import { refuse } from './validate.ts';

type Body = z.output<typeof newCommandSchema>;

/**
 * The bus's requests. A domain with handlers here must have one for the type; other domains may be executed elsewhere.
 * `at` is the position of the body in the request.
 * @throws InvalidInputError
 */
export function parseCommands(
  { registry, application }: Pick<Service, 'registry' | 'application'>,
  bodies: readonly Body[],
  at: (index: number) => string,
): CommandRequest[] {
  const domains = new Set(registry.domains());
  const { domain = '', type = '' } = application.default_command ?? {};
  const requests = bodies.map((body) => requestOf({ ...body, domain: body.domain ?? domain, type: body.type ?? type }));
  refuse(
    requests.flatMap(({ domain, type }, index): FieldError[] => {
      if (!domains.has(domain) || registry.find(domain, type) !== undefined) return [];
      const message = `no handler of ${domain}/${type} is registered here`;
      return [{ path: `${at(index)}type`, code: 'unknown', message }];
    }),
  );
  return requests;
}

function requestOf(body: Body & { domain: string; type: string }): CommandRequest {
  const { max_attempts, backoff_ms, jitter_pct, behavior, on_deadline, ...same } = body;
  const retry = Object.fromEntries(
    Object.entries({ max_attempts, backoff_ms, jitter_pct }).filter(([, value]) => value !== undefined),
  );
  return {
    ...same,
    retry,
    behavior: compactBehavior(behavior),
    // The bus refuses an action that only a command of a process can have.
    on_deadline: on_deadline as CommandRequest['on_deadline'],
  };
}
