// U02, U03, U04, U07, U10: commands by hand. One that fails is sent, completed where it waits, and answered for;
// two thousand are sent and watched to their end; a queue is consumed and cleared.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Command, CommandBatchDetail, CommandDetail, Reply } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { type System, startSystem } from '../system/lab.ts';
import { attributesOf, DESK, fitsItsWidth, PHONE, untilText, visit } from './lab.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let system: System;

beforeAll(async () => {
  system = await startSystem({ page: true });
});
afterAll(() => system.dispose());

const idIn = (url: string) => new URL(url).pathname.split('/').at(-1) as string;
const repliesIn = async (queue: string) => (await system.read<{ items: Reply[] }>(`/replies?queue=${queue}`)).items;

test.each([
  ['wide and light', DESK, 'by-desk'],
  ['on a phone and dark', PHONE, 'by-phone'],
] as const)(
  'U02, U10: a command that fails permanently is completed by hand, and its reply consumed: %s',
  async (_, options, queue) => {
    const { page, goto } = await visit(system, '/commands/new', options);
    const field = (name: string | RegExp) => page.getByRole('textbox', { name });

    await field('Payload').fill('{"account": }');
    await page.getByRole('button', { name: 'Send TestCommand' }).click();
    await page.getByText(/^is not JSON/).waitFor();
    expect(
      (await system.list<Command>('/commands?purpose=standalone')).filter(({ reply_to }) => reply_to === queue),
    ).toEqual([]);

    await field('Payload').fill('{"account": 7}');
    await page.getByTestId('preset-broken').click();
    expect(await field('Command: permanent failure %').inputValue()).toBe('100 %');
    await field('Reply to').fill(queue);
    expect(await fitsItsWidth(page)).toBe(true);
    await page.getByRole('button', { name: 'Send TestCommand' }).click();
    await page.waitForURL(/\/commands\/[0-9a-f-]{36}$/);
    const command_id = idIn(page.url());
    const read = () => system.read<CommandDetail>(`/commands/${command_id}`);

    await untilText(page.getByTestId('command-status'), 'In troubleshooting');
    await untilText(page.getByTestId('error-box'), 'CHAOS_PERMANENT');
    expect(await attributesOf(page.getByTestId('attempt'), 'data-injected')).toEqual(['true']);
    expect(await read()).toMatchObject({ payload: { account: 7 }, behavior: { fail_permanent_pct: 100 } });
    expect(await repliesIn(queue)).toEqual([]);
    expect(await fitsItsWidth(page)).toBe(true);

    await page.getByTestId('error-box').getByRole('button', { name: 'Complete' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: /^Result/ }).fill('{"by": "hand"}');
    await dialog.getByTestId('confirm').click();
    await untilText(page.getByTestId('command-status'), 'Completed');
    await untilText(page.getByTestId('result'), '"by": "hand"');
    await untilText(page.getByTestId('reply'), 'Waiting to be consumed');

    await goto(`/replies?queue=${queue}`);
    const row = page.getByTestId('reply-table').locator('tbody tr');
    await untilText(row, 'Success');
    await untilText(row, 'hand');
    expect(await fitsItsWidth(page)).toBe(true);
    await page.getByTestId('consume').click();
    await untilText(page.getByTestId('consumed'), command_id);
    expect(await repliesIn(queue)).toEqual([]);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByTestId('replies-empty').waitFor();

    await goto(`/commands/${command_id}`);
    await untilText(page.getByTestId('reply'), 'Consumed');
  },
);

test('U03, U07: two thousand commands are sent, followed to their end, and found by status', async () => {
  const { page } = await visit(system, '/command-batches');
  await page.getByRole('link', { name: 'New batch' }).click();
  await page.getByRole('textbox', { name: 'Commands', exact: true }).fill('2000');
  await page.getByRole('textbox', { name: 'Name' }).fill('Rehearsal');
  await page.getByRole('textbox', { name: 'Command: business rule failure %' }).fill('10');
  await page.getByRole('textbox', { name: 'Seed' }).fill('e2e');
  await page.getByRole('textbox', { name: 'Reply to' }).fill('rehearsal');
  await page.getByRole('button', { name: 'Send 2,000 commands' }).click();
  await page.waitForURL(/\/command-batches\/[0-9a-f-]{36}$/);
  const batch_id = idIn(page.url());
  await page.getByRole('heading', { level: 1, name: 'Rehearsal' }).waitFor();

  await untilText(page.getByTestId('batch-status'), 'Completed with failures');
  await page.getByText('2,000 commands settled').waitFor();
  await untilText(page.getByTestId('ended-count'), '2,000 of 2,000 · 100 %');
  const batch = await system.read<CommandBatchDetail>(`/command-batches/${batch_id}`);
  expect(batch.completed_count + batch.failed_count).toBe(2_000);
  expect(batch.failed_count).toBeGreaterThan(0);
  await untilText(page.getByTestId('batch-counts'), `${batch.failed_count} failed`);

  await page
    .getByTestId('batch-counts')
    .getByRole('link', { name: /failed/ })
    .click();
  await until('the rows are the failed ones', async () => {
    const rows = await page.getByTestId('command-table').locator('tbody tr').allTextContents();
    return rows.length > 0 && rows.every((row) => row.includes('CHAOS_BUSINESS_RULE'));
  });
  expect(new URL(page.url()).search).toBe('?status=FAILED');

  // What they answered: all of it in the queue, and none of it once the queue was cleared.
  await page.getByTestId('batch-replies').getByRole('link', { name: '2,000 waiting' }).click();
  await untilText(page.locator('[data-queue=rehearsal]'), '2,000');
  await page.locator('[data-queue=rehearsal]').click();
  await page.getByTestId('clear-queue').click();
  await page.getByTestId('confirm').click();
  await page.getByText('2,000 replies deleted').waitFor();
  await page.getByTestId('replies-empty').waitFor();
  expect(await repliesIn('rehearsal')).toEqual([]);
});

test('U04: the list is filtered by the URL, and a command with a delay is canceled', async () => {
  const sent = await system.post('/commands', { delay_ms: 3_600_000, priority: 3 });
  const { command_id } = (await sent.json()) as { command_id: string };
  const { page } = await visit(system, '/commands?status=PENDING&purpose=standalone');
  const rows = page.getByTestId('command-table').locator('tbody tr');
  await untilText(rows, command_id.slice(-8));
  expect(await rows.count()).toBe(1);
  expect(await page.getByRole('combobox', { name: 'Status' }).inputValue()).toBe('Pending');
  await page.getByRole('textbox', { name: 'Domain' }).fill('nowhere');
  await page.getByTestId('commands-empty').waitFor();
  expect(new URL(page.url()).searchParams.get('domain')).toBe('nowhere');
  await page.goBack();
  await rows.getByRole('link').first().click();

  await untilText(page.getByTestId('timeline'), 'Waits for its retry or start time');
  await page.getByTestId('cancel-command').click();
  await page.getByRole('textbox', { name: 'Reason' }).fill('not wanted');
  await page.getByTestId('confirm').click();
  await untilText(page.getByTestId('command-status'), 'Canceled');
  expect(await system.read(`/commands/${command_id}`)).toMatchObject({ status: 'CANCELED' });
});

test('U07: an open batch takes commands from its page until it is closed', async () => {
  const { page, takeComplaints } = await visit(system, '/command-batches/new');
  await page.getByText('Nothing yet').click();
  await page.getByRole('button', { name: 'Open the batch' }).click();
  await page.waitForURL(/\/command-batches\/[0-9a-f-]{36}$/);
  const batch_id = idIn(page.url());
  await page.getByRole('button', { name: 'Add commands' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Commands' }).fill('[{"type": "Unheard"}]');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByText(/^commands\.0\.type: no handler/).waitFor();
  // The browser's own words for the refusal that was asked for.
  expect(takeComplaints()).toEqual([expect.stringContaining('422')]);
  await dialog.getByRole('textbox', { name: 'Commands' }).fill('[{}, {}]');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await untilText(page.getByTestId('ended-count'), '2 of 2');
  await page.getByTestId('close-batch').click();
  await page.getByTestId('confirm').click();
  await untilText(page.getByTestId('batch-status'), 'Completed');
  expect(await system.read(`/command-batches/${batch_id}`)).toMatchObject({ status: 'COMPLETED', total_count: 2 });
});
