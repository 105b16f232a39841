// The kill switch.

import { type KillSwitch, readKillSwitch, resumeChaos, stopChaos } from '../../chaos/kill-switch.ts';
import type { App, RouteContext } from '../context.ts';
import { killSwitchBodySchema, killSwitchSchema } from '../contract.ts';
import { operatorOf, route } from '../route.ts';
import { NEVER_LIMITED } from '../security.ts';
import { toWire } from '../wire.ts';

const tags = ['chaos'];
const answers = { 200: killSwitchSchema };

export function killSwitchRoutes(api: App, { bus, pool }: RouteContext): void {
  api.get('/chaos', route(answers, { tags, summary: 'Read whether chaos is stopped, by whom and why' }), async () =>
    toWire<KillSwitch>(await readKillSwitch(pool)),
  );

  api.put(
    '/chaos',
    route(
      answers,
      {
        tags,
        summary: 'Stop all injection and turbulence at once, or resume it',
        description:
          'While chaos is stopped, nothing is injected and every request for chaos is refused (409 CHAOS_STOPPED). Idempotent: if chaos is already stopped, the answer says since when, by whom and why.',
        body: killSwitchBodySchema,
      },
      NEVER_LIMITED,
    ),
    async ({ body: { stopped, ...operator } }) =>
      toWire<KillSwitch>(await (stopped ? stopChaos : resumeChaos)(bus.pool, operatorOf(operator))),
  );
}
