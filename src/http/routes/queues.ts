// Routes of queues: what waits in each domain, and pausing, resuming and capping it.

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
import { problemResponse } from '../docs.ts';
import { NEVER_LIMITED } from '../security.ts';
import { toWire } from '../wire.ts';
import { operatorOf } from './operator.ts';

export function queueRoutes(api: App, { bus, pool }: RouteContext): void {
  const queues = createThrottled(bus.env, async () => ({
    items: (await listQueues(pool, INTERNAL_DOMAIN)).map(showQueue),
  }));

  api.get(
    '/queues',
    {
      schema: {
        tags: ['operations'],
        summary: 'What waits in each domain, who works it, and whether it is paused or capped',
        response: { 200: queuesSchema, ...problemResponse },
      },
    },
    () => queues.read(),
  );

  /** What an operator just did must be seen in the next look. */
  const shown = async (row: DomainRow): Promise<Domain> => {
    await queues.read(({ items }) => agrees(items, row));
    return toWire(row);
  };

  for (const [verb, act, summary] of [
    ['pause', pauseDomain, 'Let no worker take more of a domain; what is in progress goes on'],
    ['resume', resumeDomain, 'Let workers take from a paused domain again'],
  ] as const) {
    api.post(
      `/queues/:domain/${verb}`,
      {
        ...(verb === 'pause' && { config: NEVER_LIMITED }),
        schema: {
          tags: ['operations'],
          summary,
          params: domainParamsSchema,
          body: domainVerbSchema.nullish(),
          response: { 200: domainSchema, ...problemResponse },
        },
      },
      async ({ params, body }) => shown(await act(bus, params.domain, operatorOf(body))),
    );
  }

  api.put(
    '/queues/:domain',
    {
      schema: {
        tags: ['operations'],
        summary: 'Cap how many attempts of a domain are in progress at a time, over all workers',
        params: domainParamsSchema,
        body: queueChangeSchema,
        response: { 200: domainSchema, ...problemResponse },
      },
    },
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
