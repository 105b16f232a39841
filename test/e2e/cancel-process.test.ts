// A process is cancelled on its page: while its step is under way, undoing what it did, or leaving it done.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Process } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { type System, startSystem } from '../system/lab.ts';
import { DESK, fitsItsWidth, PHONE, untilText, visit } from './lab.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let system: System;
let processes: Process[];

beforeAll(async () => {
  system = await startSystem({ page: true });
  const slow = { min_duration_ms: 3_600_000, max_duration_ms: 3_600_000 };
  const { batch_id } = await system.launch({ count: 2, behavior: { aggregation: slow } });
  processes = await until('both are there', async () => {
    const items = await system.list<Process>(`/processes?batch_id=${batch_id}`);
    return items.length === 2 && items;
  });
});

afterAll(() => system.dispose());

test.each([
  ['undone, wide and light', DESK, 0, 'undo', 'Compensated'],
  ['left done, on a phone and dark', PHONE, 1, 'keep', 'Canceled'],
] as const)('what it did is %s', async (_, options, index, choice, ending) => {
  const { page } = await visit(system, `/processes/${processes[index]?.process_id}`, options);
  await untilText(page.locator('[data-testid=step-aggregation]'), 'In progress');
  await page.getByTestId('cancel-process').click();
  await page.getByTestId('confirm').click();
  await untilText(page.getByRole('dialog'), 'is needed');
  await page.getByTestId(`cancel-${choice}`).check();
  await page.getByRole('textbox', { name: 'Reason' }).fill('Sent twice.');
  expect(await fitsItsWidth(page)).toBe(true);
  await page.getByTestId('confirm').click();

  await untilText(page.locator('.mantine-Notification-root'), 'Process canceled');
  await untilText(page.getByTestId('process-status'), ending);
  await untilText(
    page.locator('[data-testid=step-aggregation][data-purpose=step] [data-testid=attempt]'),
    'Terminated',
  );
  expect(await page.locator('[data-testid=timeline] [data-purpose=compensation]').count()).toBe(
    choice === 'undo' ? 2 : 0,
  );
  expect(await page.getByTestId('cancel-process').count()).toBe(0);
  expect(await fitsItsWidth(page)).toBe(true);
});
