// The audit: of a command, a process, a batch, or a window of time.

import { readAuditPage } from '../audit-pages.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { route } from '../route.ts';

export function auditRoutes(api: App, { pool }: RouteContext): void {
  api.get(
    '/audit',
    route('audit', 'List events in order of time', wire.pageOf(wire.auditEventSchema), {
      description:
        'Exactly one of command_id, process_id, batch_id, or a window from..to of at most 24 hours. A command, a process or a batch lists every event of its own; a batch in blocks of 250 processes or commands, each block in order of time. A window lists the outcomes of attempts and what operators and the bus recorded, over all commands. With level=system the audit lists only events that concern no single command or process (batches, the kill switch, turbulence, outages of the database): those of a batch and of the system while it ran, or those of a window of any length. A page may be shorter than its limit.',
      querystring: wire.auditQuerySchema,
    }),
    ({ query }) => readAuditPage(pool, query),
  );
}
