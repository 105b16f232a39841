// Routes of chaos under way: the kill switch, injection into one batch, and the behavior of one.
// Promises that a request which asks for chaos is refused while the kill switch stands, once it is known to be well formed.

import { z } from 'zod';
import { checkBehavior } from '../../chaos/asked.ts';
import { compactProcessBehavior, type ProcessBehavior } from '../../chaos/behavior.ts';
import { changeBehavior, stopInjection } from '../../chaos/behavior-changes.ts';
import {
  type KillSwitch,
  readKillSwitch,
  refuseWhileStopped,
  resumeChaos,
  stopChaos,
} from '../../chaos/kill-switch.ts';
import { readBehaviorVersions } from '../../chaos/queries/lab-control.ts';
import { type BatchRecord, findBatch } from '../../db/queries/read-batches.ts';
import { NotFoundError } from '../../model/errors.ts';
import type { App, RouteContext } from '../context.ts';
import {
  behaviorVersionSchema,
  changeBehaviorBodySchema,
  idSchema,
  injectionStoppedSchema,
  killSwitchBodySchema,
  killSwitchSchema,
  pageOf,
  stopInjectionBodySchema,
} from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { NEVER_LIMITED } from '../security.ts';
import { toWire } from '../wire.ts';
import { operatorOf } from './operator.ts';

const tags = ['chaos'];
const params = z.object({ batch_id: idSchema });

export function chaosRoutes(api: App, context: RouteContext): void {
  addKillSwitch(api, context);
  addInjection(api, context);
  addBehavior(api, context);
}

function addKillSwitch(api: App, { bus, pool }: RouteContext): void {
  const response = { 200: killSwitchSchema, ...problemResponse };
  api.get('/chaos', { schema: { tags, summary: 'Whether chaos is stopped, by whom and why', response } }, async () =>
    toWire<KillSwitch>(await readKillSwitch(pool)),
  );

  api.put(
    '/chaos',
    {
      config: NEVER_LIMITED,
      schema: {
        tags,
        summary: 'The kill switch: stop all injection and turbulence at once, or let it go on',
        description:
          'While it stands nothing is injected, and whatever asks for chaos is refused (409 CHAOS_STOPPED). What it is told to be already it stays: the answer says since when, and by whom.',
        body: killSwitchBodySchema,
        response,
      },
    },
    async ({ body }) => {
      const { stopped, ...operator } = body;
      return toWire<KillSwitch>(await (stopped ? stopChaos : resumeChaos)(bus.pool, operatorOf(operator)));
    },
  );
}

function addInjection(api: App, { bus }: RouteContext): void {
  api.post(
    '/process-batches/:batch_id/injection/stop',
    {
      config: NEVER_LIMITED,
      schema: {
        tags,
        summary: 'Inject nothing more into one batch; its turbulence ends, its work goes on',
        params,
        body: stopInjectionBodySchema.nullish(),
        response: { 200: injectionStoppedSchema, ...problemResponse },
      },
    },
    async ({ params: { batch_id }, body }) => {
      const injection_stopped_at = await stopInjection(bus.pool, batch_id, operatorOf(body));
      return { batch_id, injection_stopped_at: injection_stopped_at.toISOString() };
    },
  );
}

function addBehavior(api: App, { bus, pool, processes }: RouteContext): void {
  api.get(
    '/process-batches/:batch_id/behavior',
    {
      schema: {
        tags,
        summary: 'The behaviors of a batch by version: 0 as launched, then each change',
        params,
        response: { 200: pageOf(behaviorVersionSchema), ...problemResponse },
      },
    },
    async ({ params: { batch_id } }) => {
      const { behavior, created_at } = await requireBatch(pool, batch_id);
      const launched = { version: 0, behavior, at: created_at, actor: 'local', reason: null };
      const items = [launched, ...(await readBehaviorVersions(pool, batch_id))].map(toWire);
      return { items, next_cursor: null };
    },
  );

  api.patch(
    '/process-batches/:batch_id/behavior',
    {
      schema: {
        tags,
        summary: 'Change the behavior of a batch under way: steps sent from now on take it',
        description:
          'Takes effect within a second. Commands sent before keep theirs; processes out of scope stay out. null takes all behavior away.',
        params,
        body: changeBehaviorBodySchema,
        response: { 200: behaviorVersionSchema, ...problemResponse },
      },
    },
    async ({ params: { batch_id }, body }) => {
      checkBehavior(processes, await requireBatch(pool, batch_id), body.behavior);
      const behavior = compactProcessBehavior(body.behavior as ProcessBehavior);
      await refuseWhileStopped(pool, [{ behavior }]);
      return toWire(await changeBehavior({ bus, processes }, batch_id, behavior, operatorOf(body)));
    },
  );
}

async function requireBatch(pool: RouteContext['pool'], batch_id: string): Promise<BatchRecord> {
  const batch = await findBatch(pool, batch_id);
  if (batch === null) throw new NotFoundError('batch', batch_id);
  return batch;
}
