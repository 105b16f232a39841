// The kill switch.

import { type KillSwitch, readKillSwitch, resumeChaos, stopChaos } from '../../chaos/kill-switch.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { operatorOf, route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'chaos';

export function killSwitchRoutes(api: App, { bus, pool }: RouteContext): void {
  api.get('/chaos', route(tag, 'Read whether chaos is stopped, by whom and why', wire.killSwitchSchema), async () =>
    toWire<KillSwitch>(await readKillSwitch(pool)),
  );

  api.put(
    '/chaos',
    route(tag, 'Stop all injection and turbulence at once, or resume it', wire.killSwitchSchema, {
      description:
        'While chaos is stopped, nothing is injected and every request for chaos is refused (409 CHAOS_STOPPED). Idempotent: if chaos is already stopped, the answer says since when, by whom and why.',
      body: wire.killSwitchBodySchema,
      unlimited: true,
    }),
    async ({ body: { stopped, ...operator } }) =>
      toWire<KillSwitch>(await (stopped ? stopChaos : resumeChaos)(bus.pool, operatorOf(operator))),
  );
}
