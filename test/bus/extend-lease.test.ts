// C11: a handler asks for more time, by the fence, and never gets less than it had.

import { describe, expect, test } from 'vitest';
import type { HandlerContext } from '../../src/bus/handlers.ts';
import { renewLeasesIfHeld } from '../../src/db/queries/claims.ts';
import { until } from '../support/until.ts';
import { command, type Lab, openLab, policy } from './lab.ts';

/** One attempt under way, and its context. */
async function openRunning(lease_ms: number) {
  const contexts: HandlerContext[] = [];
  let end = () => {};
  const lab = await openLab({
    handler: (_payload, context) => {
      contexts.push(context);
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    },
  });
  const [id = ''] = await lab.send(command(policy({ lease_ms })));
  await lab.work();
  const context = await until('it runs', () => contexts[0]);
  return { lab, id, context, end: () => end() };
}

/** How much of the lease is left, in s, on the database's clock. */
async function leftOf(lab: Lab, id: string): Promise<number> {
  const [row] = await lab.rows(
    'select extract(epoch from lease_expires_at - now())::float8 as left from faultline.command where command_id = $1',
    [id],
  );
  return row?.left as number;
}

describe('C11: extendLease', () => {
  test('moves the end of the lease to that long from now, and no renewal shortens it', async () => {
    const { lab, id, context, end } = await openRunning(900);
    await context.extendLease(60_000);
    expect(await leftOf(lab, id)).toBeGreaterThan(50);
    const until_at = (await lab.commandOf(id)).lease_expires_at;
    await context.extendLease(1_000);
    expect((await lab.commandOf(id)).lease_expires_at).toEqual(until_at);
    // A renewal that comes all the same.
    const held = { command_id: id, claim_id: context.command.claim_id };
    expect(await renewLeasesIfHeld(lab.bus.pool, 0, [held])).toEqual(new Set([id]));
    expect((await lab.commandOf(id)).lease_expires_at).toEqual(until_at);
    end();
    await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  });

  test('lets a handler outlast a heartbeat that does not come', async () => {
    const { lab, id, context, end } = await openRunning(600);
    await context.extendLease(60_000);
    // No one could renew, as when the handler blocks the event loop; the worker's own clock must know of it too.
    await lab.rows('create function stop_renewal() returns trigger language plpgsql as $$ begin return null; end $$');
    await lab.rows(
      `create trigger stop_renewal before update on faultline.command for each row
       when (old.status = 'IN_PROGRESS' and new.status = 'IN_PROGRESS') execute function stop_renewal()`,
    );
    await until('two leases have passed', async () => {
      const rows = await lab.rows(
        `select 1 from faultline.command where now() > attempt_started_at + 2 * lease_ms * interval '1 millisecond'`,
      );
      return rows.length === 1;
    });
    expect(context.signal.aborted).toBe(false);
    end();
    await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
    expect(await lab.attemptsOf(id)).toMatchObject([{ attempt: 1, outcome: 'success' }]);
  });

  test.each([
    ['it ran out', 'lease_expires_at = now()'],
    ['another claim has the command', 'claim_id = gen_random_uuid()'],
    ['it was cancelled', `status = 'CANCELED', lease_expires_at = null`],
  ])('of a lease that is lost says so, and tells the handler to stop: %s', async (_how, change) => {
    const { lab, id, context, end } = await openRunning(600_000);
    await lab.rows(`update faultline.command set ${change}`);
    const before = await lab.commandOf(id);
    await expect(context.extendLease(60_000)).rejects.toMatchObject({ code: 'LEASE_LOST', name: 'LeaseLostError' });
    expect(context.signal.aborted).toBe(true);
    expect(await lab.commandOf(id)).toEqual(before);
    end();
  });

  test('holds also under a fault that loses the attempt in the end: its handler works like any other', async () => {
    const { lab, id, context, end } = await openRunning(600_000);
    await lab.rows(`update faultline.command set fault = 'lost_ack'`);
    await context.extendLease(3_600_000);
    expect(await leftOf(lab, id)).toBeGreaterThan(3_500);
    expect(context.signal.aborted).toBe(false);
    end();
  });

  test.each([499, 3_600_001, 1_000.5, Number.NaN])('by %d ms is refused, and changes nothing', async (lease_ms) => {
    const { lab, id, context, end } = await openRunning(600_000);
    const before = await lab.commandOf(id);
    await expect(context.extendLease(lease_ms)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ path: 'lease_ms', code: 'out_of_range' }],
    });
    expect(context.signal.aborted).toBe(false);
    expect(await lab.commandOf(id)).toEqual(before);
    end();
  });

  test('is there for middleware too', async () => {
    let left = 0;
    const lab = await openLab({
      handler: () => null,
      hooks: {
        middleware: [
          async (attempt, next) => {
            await attempt.extendLease(90_000);
            left = await leftOf(lab, attempt.command.command_id);
            return next();
          },
        ],
      },
    });
    const [id = ''] = await lab.send(command(policy({ lease_ms: 900 })));
    await lab.work();
    await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
    expect(left).toBeGreaterThan(80);
  });
});
