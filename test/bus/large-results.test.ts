// What settling does with results of any size, and with a listener that throws.

import { expect, test } from 'vitest';
import type { SettleItem } from '../../src/bus/settle.ts';
import { Settler } from '../../src/bus/settler.ts';
import { MAX_RESULT_BYTES } from '../../src/db/json.ts';
import { commands, item, type Lab, openLab } from './lab.ts';

async function claimNew(lab: Lab, count: number) {
  await lab.send(...commands(count));
  return lab.claim(count);
}

async function settleAll(lab: Lab, items: readonly SettleItem[]): Promise<void> {
  const settler = new Settler(lab.bus, () => {});
  for (const one of items) settler.push(one);
  await settler.idle();
}

test('a result as large as may be settles with the others, a larger one is parked and says why', async () => {
  const lab = await openLab();
  const claimed = await claimNew(lab, 5);
  const result = (index: number) => {
    // With its two quotes.
    if (index === 2) return 'x'.repeat(MAX_RESULT_BYTES - 2);
    return index === 3 ? 'ü'.repeat(MAX_RESULT_BYTES / 2) : { answer: 42 };
  };
  await settleAll(
    lab,
    claimed.map((one, index) => item(one, { kind: 'success', result: result(index) })),
  );
  expect(
    await lab.rows(
      'select length(result::text) as length from faultline.command where result is not null order by 1 desc limit 2',
    ),
  ).toEqual([{ length: MAX_RESULT_BYTES }, { length: 14 }]);
  expect(
    await lab.rows(`select status, error_code, error_message from faultline.command where status <> 'COMPLETED'`),
  ).toEqual([
    {
      status: 'IN_TROUBLESHOOTING_QUEUE',
      error_code: 'RESULT_NOT_STORABLE',
      error_message: `The result is ${MAX_RESULT_BYTES + 2} bytes as JSON; ${MAX_RESULT_BYTES} are the most.`,
    },
  ]);
});

test('a listener that throws ends nothing', async () => {
  const lab = await openLab();
  const claimed = await claimNew(lab, 3);
  const settler = new Settler(lab.bus, () => {
    throw new Error('not my day');
  });
  for (const one of claimed) settler.push(item(one, { kind: 'success', result: 1 }));
  await settler.idle();
  expect(await lab.rows(`select count(*)::int from faultline.command where status = 'COMPLETED'`)).toEqual([
    { count: 3 },
  ]);
});
