// The audit: of a command, a process, a batch, or a window of time.

import { readAuditPage } from '../audit-pages.ts';
import type { App, RouteContext } from '../context.ts';
import { auditEventSchema, auditQuerySchema, pageOf } from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { toWire } from '../wire.ts';

export function auditRoutes(api: App, { pool }: RouteContext): void {
  api.get(
    '/audit',
    {
      schema: {
        tags: ['audit'],
        summary: 'What happened, in order of time',
        description:
          'Exactly one of command_id, process_id, batch_id, or a window from..to of at most 24 hours. A command, process or batch ' +
          'answers everything that happened to it; a batch by blocks of 250 processes or commands, each in order of time. A window answers what ' +
          'attempts came to and what operators and the bus recorded, over all commands. With level=system only what concerns no single ' +
          'command or process (batches, the kill switch, turbulence, outages of the database): of a batch its own and those of the ' +
          'system meanwhile, or of a window of any length. A page may be shorter than its limit.',
        querystring: auditQuerySchema,
        response: { 200: pageOf(auditEventSchema), ...problemResponse },
      },
    },
    async ({ query }) => {
      const { events, next_cursor } = await readAuditPage(pool, query);
      return { items: events.map(({ place, at_us, ...event }) => toWire(event)), next_cursor };
    },
  );
}
