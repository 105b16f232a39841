// A batch whose first process is not at place 0: launched in whole chunks, worked, cancelled and pruned like any other.
// Rules that hold for every batch are asked of it too.

import { describe, expect, test } from 'vitest';
import { cancelBatch } from '../../src/process/cancel.ts';
import { findViolations } from '../end/story.ts';
import { chain, openLab } from './lab.ts';

const trip = chain(['book', 'pay']);
const lab = await openLab({ processes: [trip] });
const laned = await openLab({ processes: [trip], lanes: 3 });

const ordinals = async (where: typeof lab, batch_id: string) =>
  (await where.processes(batch_id)).map(({ ordinal }) => ordinal);
const places = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

describe.each([
  ['one lane', lab],
  ['three lanes', laned],
])('on %s', (_, where) => {
  test('chunks of it hold the places from the first on, each once', async () => {
    const batch_id = await where.launch(trip, { count: 2_500, first_ordinal: 1_700 });
    const { rows } = await where.pool.query(
      `select payload - 'batch_id' as place from faultline.command where batch_id = $1 order by (payload ->> 'from')::int`,
      [batch_id],
    );
    expect(rows.map(({ place }) => place)).toEqual([
      { from: 1_700, to: 2_700 },
      { from: 2_700, to: 3_700 },
      { from: 3_700, to: 4_200 },
    ]);
    const worker = await where.work({ domains: ['faultline'] });
    await where.untilBatch(batch_id, 'RUNNING');
    expect(await ordinals(where, batch_id)).toEqual(places(1_700, 2_500));
    await cancelBatch(where.bus, batch_id, { actor: 'test' });
    await where.untilBatch(batch_id, 'CANCELED');
    expect(new Set((await where.processes(batch_id)).map(({ status }) => status))).toEqual(new Set(['CANCELED']));
    await worker.stop();
  });

  test('it runs to its end, and nothing about it is amiss', async () => {
    const worker = await where.work();
    const batch_id = await where.launch(trip, {
      count: 3,
      first_ordinal: 99_998,
      script: ({ key, attempt }) => {
        if (key === 'pay' && attempt === 1) throw new Error('Later.');
      },
    });
    await where.untilBatch(batch_id, 'COMPLETED');
    expect(await ordinals(where, batch_id)).toEqual(places(99_998, 3));
    expect(await findViolations(where.pool, batch_id)).toEqual([]);
    await worker.stop();
  });
});

test('its last place is one that a process can have', async () => {
  const launched = lab.launch(trip, { count: 2, first_ordinal: 2_147_483_647 });
  await expect(launched).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
