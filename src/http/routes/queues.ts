// The queues of domains: list, pause, resume and cap.

import { INTERNAL_DOMAIN } from '../../bus/bus.ts';
import { capDomain, pauseDomain, resumeDomain } from '../../bus/domains.ts';
import { type DomainRow, listQueues, type QueueRecord } from '../../db/queries/domains.ts';
import { createThrottled } from '../../model/throttled.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { operatorOf, route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'operations';

export function queueRoutes(api: App, { bus, pool }: RouteContext): void {
  const queues = createThrottled(bus.env, async () => ({
    items: (await listQueues(pool, INTERNAL_DOMAIN)).map(showQueue),
  }));

  api.get(
    '/queues',
    route(
      tag,
      'List domains: what waits, which workers serve it, and whether it is paused or capped',
      wire.queuesSchema,
    ),
    () => queues.read(),
  );

  /** The next read of the list shows what the operator just did. */
  const shown = async (row: DomainRow): Promise<wire.Domain> => {
    await queues.read(({ items }) => agrees(items, row));
    return toWire(row);
  };

  for (const [verb, act, summary] of [
    ['pause', pauseDomain, 'Pause a domain: workers take no more of it, work in progress finishes'],
    ['resume', resumeDomain, 'Resume a paused domain'],
  ] as const) {
    api.post(
      `/queues/:domain/${verb}`,
      route(tag, summary, wire.domainSchema, {
        params: wire.domainParamsSchema,
        body: wire.domainVerbSchema.nullish(),
        unlimited: verb === 'pause',
      }),
      async ({ params, body }) => shown(await act(bus, params.domain, operatorOf(body))),
    );
  }

  api.put(
    '/queues/:domain',
    route(tag, 'Cap how many attempts of a domain are in progress at a time, over all workers', wire.domainSchema, {
      params: wire.domainParamsSchema,
      body: wire.queueChangeSchema,
    }),
    async ({ params, body }) =>
      shown(await capDomain(bus, params.domain, body.max_in_flight, operatorOf({ actor: body.actor }))),
  );
}

function showQueue(record: QueueRecord): wire.Queue {
  const paused = record.paused_at !== null;
  return { ...toWire(record), state: paused ? (record.in_progress > 0 ? 'DRAINING' : 'PAUSED') : 'RUNNING' };
}

function agrees(items: readonly wire.Queue[], row: DomainRow): boolean {
  const item = items.find(({ domain }) => domain === row.domain);
  return (
    item !== undefined &&
    item.max_in_flight === row.max_in_flight &&
    item.paused_at === (row.paused_at?.toISOString() ?? null)
  );
}
