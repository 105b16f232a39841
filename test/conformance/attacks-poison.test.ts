// A command that kills its worker at once, whenever it is begun, among others that do nothing wrong. The limit on lost leases is
// there to end the one; the others, which lose their leases with it as long as they are claimed together, must not meet it.

import { describe, expect, test } from 'vitest';
import { reapExpired } from '../../src/bus/reap.ts';
import { settleSet } from '../../src/bus/settle.ts';
import type { ClaimedCommand } from '../../src/model/command.ts';
import { MAX_LEASE_LOSSES } from '../../src/model/retry.ts';
import { commands, item, type Lab, openLab } from '../bus/lab.ts';

/** Time goes by on the rows instead of on the clock. */
const pass = (lab: Lab, ms: number) =>
  lab.rows(
    `update faultline.command set available_at = available_at - $1 * interval '1 millisecond' where status = 'PENDING'`,
    [ms],
  );

const untilDue = async (lab: Lab) => {
  const [row] = await lab.rows(
    `select greatest(0, extract(epoch from min(available_at) - now()) * 1000)::float8 as ms from faultline.command where status = 'PENDING'`,
  );
  await pass(lab, (row?.ms as number) + 1);
};

/** One worker process after the other claims what is due, and lives unless it gets `poison`; each needs `restart_ms` to come up. */
async function liveAndDie(lab: Lab, poison: string, restart_ms: number): Promise<number> {
  let deaths = 0;
  for (;;) {
    const [left] = await lab.rows(`select count(*) from faultline.command where status = 'PENDING'`);
    if (left?.count === 0) return deaths;
    await untilDue(lab);
    const claimed = await lab.claim(100);
    if (claimed.some(({ command_id }) => command_id === poison)) {
      deaths++;
      await lab.expire(...claimed.map(({ command_id }) => command_id));
      await reapExpired(lab.bus, 0);
      await pass(lab, restart_ms);
    } else
      await settleSet(
        lab.bus,
        claimed.map((command: ClaimedCommand) => item(command, { kind: 'success', result: {} })),
      );
  }
}

describe('one command that kills its worker each time', () => {
  test.each([100, 500, 2_000])(
    'takes none of its neighbours with it, with workers that are back in %i ms',
    async (restart_ms) => {
      const lab = await openLab();
      const ids = await lab.send(...commands(100));
      const poison = ids[50] as string;
      const deaths = await liveAndDie(lab, poison, restart_ms);
      const rows = await lab.rows(
        'select status, count(*), max(interruptions) as most from faultline.command group by status order by status',
      );
      expect(rows).toMatchObject([
        { status: 'COMPLETED', count: 99 },
        { status: 'IN_TROUBLESHOOTING_QUEUE', count: 1 },
      ]);
      expect(await lab.commandOf(poison)).toMatchObject({
        park_reason: 'LEASE_EXPIRED',
        attempts: MAX_LEASE_LOSSES + 1,
      });
      expect(deaths).toBe(MAX_LEASE_LOSSES + 1);
      // Not by a hair.
      expect(rows[0]?.most).toBeLessThan(MAX_LEASE_LOSSES);
    },
  );
});

test('two interruptions are no one’s fault, and cost no time', async () => {
  const lab = await openLab();
  const ids = await lab.send(...commands(20));
  for (let loss = 1; loss <= 2; loss++) {
    expect(await lab.claim(100)).toHaveLength(20);
    await lab.expire(...ids);
    await reapExpired(lab.bus, 0);
  }
  expect(await lab.claim(100)).toHaveLength(20);
});
