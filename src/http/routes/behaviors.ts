// Chaos in one batch: its injection, and the behavior of its steps by version.
// A request for chaos is refused while the kill switch is engaged, after it was found well formed.

import { checkBehavior } from '../../chaos/asked.ts';
import { compactProcessBehavior, type ProcessBehavior } from '../../chaos/behavior.ts';
import { changeBehavior, stopInjection } from '../../chaos/behavior-changes.ts';
import { refuseWhileStopped } from '../../chaos/kill-switch.ts';
import { readBehaviorVersions } from '../../chaos/queries/lab-control.ts';
import { findBatch } from '../../db/queries/read-batches.ts';
import { orNotFound } from '../../model/errors.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { operatorOf, route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'chaos';

export function behaviorRoutes(api: App, { bus, pool, processes }: RouteContext): void {
  const requireBatch = async (batch_id: string) => orNotFound(await findBatch(pool, batch_id), 'batch', batch_id);

  api.post(
    '/process-batches/:batch_id/injection/stop',
    route(
      tag,
      'Stop injection into one batch for good; its turbulence ends, its work goes on',
      wire.injectionStoppedSchema,
      { params: wire.batchParams, body: wire.stopInjectionBodySchema.nullish(), unlimited: true },
    ),
    async ({ params: { batch_id }, body }) => {
      const injection_stopped_at = await stopInjection(bus.pool, batch_id, operatorOf(body));
      return { batch_id, injection_stopped_at: injection_stopped_at.toISOString() };
    },
  );

  api.get(
    '/process-batches/:batch_id/behavior',
    route(
      tag,
      'List the behaviors of a batch by version: 0 as launched, then each change',
      wire.pageOf(wire.behaviorVersionSchema),
      { params: wire.batchParams },
    ),
    async ({ params: { batch_id } }) => {
      const { behavior, created_at } = await requireBatch(batch_id);
      const launched = { version: 0, behavior, at: created_at, actor: 'local', reason: null };
      const items = [launched, ...(await readBehaviorVersions(pool, batch_id))].map(toWire);
      return { items, next_cursor: null };
    },
  );

  api.patch(
    '/process-batches/:batch_id/behavior',
    route(tag, 'Change the behavior of steps that a running batch sends from now on', wire.behaviorVersionSchema, {
      description:
        'Takes effect within a second. Commands sent before keep their behavior; processes out of scope stay out. null removes all behavior.',
      params: wire.batchParams,
      body: wire.changeBehaviorBodySchema,
    }),
    async ({ params: { batch_id }, body }) => {
      checkBehavior(processes, await requireBatch(batch_id), body.behavior);
      const behavior = compactProcessBehavior(body.behavior as ProcessBehavior);
      await refuseWhileStopped(pool, [{ behavior }]);
      return toWire(await changeBehavior({ bus, processes }, batch_id, behavior, operatorOf(body)));
    },
  );
}
