// C21, U11, U12: queues, workers and settings, as an operator sees and sets them in the browser.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { BatchDetail, Config, Queue } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { type System, startSystem } from '../system/lab.ts';
import { DESK, fitsItsWidth, PHONE, untilText, visit } from './lab.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let system: System;

beforeAll(async () => {
  system = await startSystem({ page: true });
});
afterAll(() => system.dispose());

const queueOf = async (domain: string) =>
  (await system.read<{ items: Queue[] }>('/queues')).items.find((queue) => queue.domain === domain);

test('C21, U12: a domain is paused, its backlog grows while nothing runs, and resumed it works it off', async () => {
  const { page } = await visit(system, '/queues');
  const row = page.getByTestId('domains').locator('[data-row=reporting]');
  await untilText(row, 'Running');
  await untilText(page.getByTestId('workers'), 'Healthy');
  await row.getByRole('button', { name: 'Pause reporting' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('the ledger is being moved');
  await page.getByTestId('confirm').click();
  await untilText(row, /Paused.*by local.*the ledger is being moved/);

  const { batch_id } = await system.launch({ count: 40 });
  await untilText(row, '40 ready');
  expect(await queueOf('reporting')).toMatchObject({ state: 'PAUSED', in_progress: 0, ready: 40, workers: 2 });
  // Sideways and in the dark it is as usable.
  const phone = await visit(system, '/queues', PHONE);
  await untilText(phone.page.getByTestId('domains'), 'the ledger is being moved');
  expect(await fitsItsWidth(phone.page)).toBe(true);

  await row.getByRole('button', { name: 'Resume reporting' }).click();
  await untilText(row, 'Running');
  expect((await system.untilStill(batch_id)) as BatchDetail).toMatchObject({
    status: 'COMPLETED',
    completed_count: 40,
  });
});

test('C08: a cap is set and lifted', async () => {
  const { page } = await visit(system, '/queues', DESK);
  const row = page.getByTestId('domains').locator('[data-row=reporting]');
  await row.getByRole('button', { name: 'Cap reporting' }).click();
  await page.getByTestId('confirm').click();
  await page.getByText('is needed').waitFor();
  await page.getByLabel('At most in progress').fill('7');
  await page.getByTestId('confirm').click();
  await untilText(row, 'capped at 7');
  expect((await queueOf('reporting'))?.max_in_flight).toBe(7);
  await row.getByRole('button', { name: 'Cap reporting' }).click();
  await page.getByTestId('lift-cap').click();
  await untilText(row, 'of 200 slots');
});

test('U11: settings are changed without a restart, refused by field, and go back to their defaults', async () => {
  const { page } = await visit(system, '/settings');
  const slots = page.getByLabel('Slots', { exact: true });
  await slots.fill('0');
  await page.getByText('must be 1 to 10,000').waitFor();
  expect(await page.getByTestId('save-settings').isDisabled()).toBe(true);
  await slots.fill('30');
  await page.getByLabel('Delays between attempts').fill('2 s, 20 s');
  await page.getByTestId('save-settings').click();
  await page.getByText('Settings saved').waitFor();
  const { settings } = await system.read<Config>('/config');
  expect(settings.slots).toEqual({ value: 30, default: 100, source: 'stored' });
  expect(settings['retry.backoff_ms']).toMatchObject({ value: [2_000, 20_000], source: 'stored' });
  expect(settings.lease_ms).toMatchObject({ source: 'default' });
  // Two workers with the default number of slots.
  await until('workers follow', async () => (await queueOf('reporting'))?.slots === 60);

  await page.getByRole('button', { name: 'Slots: back to the default' }).click();
  await page.getByRole('button', { name: 'Delays between attempts: back to the default' }).click();
  await page.getByTestId('save-settings').click();
  await until('nothing is stored', async () => {
    const now = (await system.read<Config>('/config')).settings;
    return Object.values(now).every(({ source }) => source === 'default');
  });
  const phone = await visit(system, '/settings', PHONE);
  await phone.page.getByTestId('settings-form').waitFor();
  expect(await fitsItsWidth(phone.page)).toBe(true);
});
