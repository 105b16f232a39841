// Pruning by itself: where the settings ask for it, once an hour over all workers, and it can be stopped at any point.

import { beforeAll, expect, test } from 'vitest';
import { changeSettings } from '../../src/bus/settings.ts';
import { takePruneTurn } from '../../src/db/queries/prune-records.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { createFinisher } from '../../src/process/finish.ts';
import { createPruneRound } from '../../src/process/prune-round.ts';
import { signal, until } from '../support/until.ts';
import { chain, openLab } from './lab.ts';

const trip = chain(['book']);
/** An hour passes in a moment. */
const after: ReturnType<typeof createEnv>['after'] = (ms, callback, options) =>
  createEnv(silentLogger).after(Math.min(ms, 5), callback, options);
const lab = await openLab({ processes: [trip], env: { after }, finishers: false });
const { processes, context, application } = lab.service;

const finisher = createFinisher(lab.bus);
beforeAll(async () => {
  await lab.work();
  finisher.start();
  return () => finisher.stop();
});

const roundOf = (removed: string[] = []) =>
  createPruneRound(lab.bus, {
    processes,
    context,
    application: { ...application, removeArtifacts: async ({ batch_id }) => void removed.push(batch_id) },
  });

async function endedBatch(days: number): Promise<string> {
  const batch_id = await lab.launch(trip, { count: 3 });
  await lab.untilBatch(batch_id, 'COMPLETED');
  await lab.pool.query(`update faultline.batch set completed_at = now() - $2 * interval '1 day' where batch_id = $1`, [
    batch_id,
    days,
  ]);
  return batch_id;
}

const hourPassed = () => lab.pool.query(`delete from faultline.setting where key = 'last_prune'`);
const lastPrune = async () =>
  (await lab.pool.query(`select value from faultline.setting where key = 'last_prune'`)).rows[0]?.value;

test('nothing is deleted until the settings say after how many days; then what is older, with its documents', async () => {
  const [old, young] = [await endedBatch(8), await endedBatch(6)];
  const removed: string[] = [];
  const round = roundOf(removed);
  let looked = 0;
  const settings = lab.bus.settings;
  lab.bus.settings = () => {
    looked++;
    return settings();
  };
  round.start();
  await until('it has looked', () => looked > 2);
  expect(await lab.batch(old)).toBeDefined();
  await changeSettings(lab.bus, { retention: { prune_after_days: 7 } }, { actor: 'ann' });
  await until('the old one is gone', async () => (await lab.batch(old)) === undefined);
  await until('it says so', async () => (await lastPrune())?.counts?.batches === 1);
  await round.stop();
  expect(removed).toEqual([old]);
  expect((await lab.batch(young)).pruning_at).toBeNull();
  lab.bus.settings = settings;
});

test('of many who ask for the turn within an hour one has it', async () => {
  await hourPassed();
  const turns = await Promise.all(Array.from({ length: 8 }, () => takePruneTurn(lab.pool)));
  expect(turns.filter(Boolean)).toHaveLength(1);
  await lab.pool.query(
    `update faultline.setting set updated_at = now() - interval '61 minutes' where key = 'last_prune'`,
  );
  expect([await takePruneTurn(lab.pool), await takePruneTurn(lab.pool)]).toEqual([true, false]);
});

test('stopped in the middle it ends after its slice; the next turn does the rest', async () => {
  await changeSettings(lab.bus, { retention: { prune_after_days: 7 } }, { actor: 'ann' });
  const batch_id = await endedBatch(8);
  await hourPassed();
  const reached = signal('a slice is under way');
  const released = signal('it may go on');
  lab.onProbe = async (point) => {
    if (point !== 'in_prune_slice') return;
    reached.fire();
    await released.promise;
  };
  const round = roundOf();
  round.start();
  await reached.promise;
  const stopped = round.stop();
  released.fire();
  await stopped;
  lab.onProbe = () => {};
  expect(await lab.batch(batch_id)).toBeDefined();
  expect((await lastPrune())?.finished).toBe(false);
  await hourPassed();
  const next = roundOf();
  next.start();
  await until('it is gone', async () => (await lab.batch(batch_id)) === undefined);
  await next.stop();
});
