// The queues of domains: list, pause, resume and cap.

import { INTERNAL_DOMAIN } from '../../bus/bus.ts';
import { capDomain, pauseDomain, resumeDomain } from '../../bus/domains.ts';
import { type DomainRow, listQueues, type QueueRecord } from '../../db/queries/domains.ts';
import { createThrottled } from '../../model/throttled.ts';
import type { App, RouteContext } from '../context.ts';
import {
  type Domain,
  domainParamsSchema,
  domainSchema,
  domainVerbSchema,
  type Queue,
  queueChangeSchema,
  queuesSchema,
} from '../contract.ts';
import { operatorOf, route } from '../route.ts';
import { NEVER_LIMITED } from '../security.ts';
import { toWire } from '../wire.ts';

const tags = ['operations'];

export function queueRoutes(api: App, { bus, pool }: RouteContext): void {
  const queues = createThrottled(bus.env, async () => ({
    items: (await listQueues(pool, INTERNAL_DOMAIN)).map(showQueue),
  }));

  api.get(
    '/queues',
    route(
      { 200: queuesSchema },
      { tags, summary: 'List domains: what waits, which workers serve it, and whether it is paused or capped' },
    ),
    () => queues.read(),
  );

  /** The next read of the list shows what the operator just did. */
  const shown = async (row: DomainRow): Promise<Domain> => {
    await queues.read(({ items }) => agrees(items, row));
    return toWire(row);
  };

  for (const [verb, act, summary, options] of [
    ['pause', pauseDomain, 'Pause a domain: workers take no more of it, work in progress finishes', NEVER_LIMITED],
    ['resume', resumeDomain, 'Resume a paused domain', {}],
  ] as const) {
    api.post(
      `/queues/:domain/${verb}`,
      route(
        { 200: domainSchema },
        { tags, summary, params: domainParamsSchema, body: domainVerbSchema.nullish() },
        options,
      ),
      async ({ params, body }) => shown(await act(bus, params.domain, operatorOf(body))),
    );
  }

  api.put(
    '/queues/:domain',
    route(
      { 200: domainSchema },
      {
        tags,
        summary: 'Cap how many attempts of a domain are in progress at a time, over all workers',
        params: domainParamsSchema,
        body: queueChangeSchema,
      },
    ),
    async ({ params, body }) =>
      shown(await capDomain(bus, params.domain, body.max_in_flight, operatorOf({ actor: body.actor }))),
  );
}

function showQueue(record: QueueRecord): Queue {
  const paused = record.paused_at !== null;
  return { ...toWire(record), state: paused ? (record.in_progress > 0 ? 'DRAINING' : 'PAUSED') : 'RUNNING' };
}

function agrees(items: readonly Queue[], row: DomainRow): boolean {
  const item = items.find(({ domain }) => domain === row.domain);
  return (
    item !== undefined &&
    item.max_in_flight === row.max_in_flight &&
    item.paused_at === (row.paused_at?.toISOString() ?? null)
  );
}
