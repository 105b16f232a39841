// A guard taken out of the bus itself: the same batch that passes with it fails without, and the failing check says what is wrong.

import { expect, test } from 'vitest';
import { openVerdictLab } from './lab.ts';

const behavior = Object.fromEntries(
  ['query', 'aggregation', 'render'].map((step) => [
    step,
    { timeout_pct: 35, fail_transient_pct: 35, min_duration_ms: 900, delay_failures: true },
  ]),
);
const launch = { seed: 'late', count: 40, behavior, policy: { max_attempts: 20, backoff_ms: [0], lease_ms: 1_000 } };

/** Takes the fence on the claim out of every settle that a bus sends: late results are accepted as those of the attempt under way. */
function settleWithoutFence(pool: { on(event: 'connect', listener: (client: Client) => void): unknown }): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as Query;
    client.query = (config, ...rest) => {
      const named = config as { name?: string; text?: string };
      const broken =
        named.name === 'settle_leased'
          ? { ...named, text: named.text?.replace('and c.claim_id = i.claim_id', '') }
          : config;
      return query(broken, ...rest);
    };
  });
}
type Query = (config: unknown, ...rest: unknown[]) => unknown;
interface Client {
  query: Query;
}

test('with its fences the bus passes', { timeout: 90_000 }, async () => {
  const lab = await openVerdictLab();
  await lab.work({ slots: 60 });
  const batch_id = await lab.launch(launch);
  await lab.untilRest(batch_id);
  expect(await lab.verify(batch_id)).toMatchObject({ verdict: 'pass', failed: [] });
});

test('without the fence on the claim it fails, and the verdict says which attempts are not what their rolls asked for', {
  timeout: 90_000,
}, async () => {
  const lab = await openVerdictLab();
  settleWithoutFence(lab.service.bus.pool as never);
  await lab.work({ slots: 60 });
  const batch_id = await lab.launch(launch);
  await lab.untilRest(batch_id);
  const { verdict, failed, details } = await lab.verify(batch_id);
  expect(verdict).toBe('fail');
  expect(failed).toContain('attempts_as_rolled');
  expect(details.join('\n')).toMatch(/its roll says (timeout|transient), its outcome is success, unmarked/);
});
