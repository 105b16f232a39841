// What the server still has under way for a worker that is dead: a claim, or a settle, that commits when its successor has already
// looked. The successor looks again, so that nothing waits for a lease that no one holds.

import { expect, onTestFinished, test } from 'vitest';
import { asTx } from '../../src/db/pool.ts';
import { claimReadyCommands } from '../../src/db/queries/claims.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { newId } from '../../src/model/ids.ts';
import { commands, countOf, expectSettledOnce, openLab } from '../bus/lab.ts';
import { until } from '../support/until.ts';

test('a claim that commits after its worker was replaced is taken over, long before its lease ends', async () => {
  const after = (ms: number, callback: () => void) => createEnv(silentLogger).after(ms / 10, callback);
  const lab = await openLab({ handler: () => 'done', env: { after } });
  await lab.send(...commands(20, { reply_to: 'asked' }));
  const dead = newId();
  const client = await lab.bus.pool.connect();
  onTestFinished(() => client.release());
  await client.query('begin');
  const ids = { claim_id: newId(), worker_id: dead };
  expect(await claimReadyCommands(asTx(client), { domain: 'lab', lane: 0, limit: 12, ...ids })).toHaveLength(12);

  await lab.work({ replaces: dead });
  await until('the rest is done', async () => (await countOf(lab, 'COMPLETED')) === 8);
  await client.query('commit');
  await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === 20);
  await expectSettledOnce(lab, 20);
});
