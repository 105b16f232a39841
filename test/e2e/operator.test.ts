// An operator's day: what waits is seen from the dashboard, looked into, and settled by each of the three verbs.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ProcessDetail, TsqItem } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { type System, startSystem } from '../system/lab.ts';
import { attributesOf, DESK, fitsItsWidth, PHONE, untilText, visit } from './lab.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const COUNT = 20;

let system: System;
let batch_id: string;
/** What waits, in the order of the list. */
let items: TsqItem[];

beforeAll(async () => {
  system = await startSystem({ page: true });
  const behavior = { render: { fail_permanent_pct: 100 } };
  ({ batch_id } = await system.launch({ count: COUNT, output_type: 'pdf', behavior }));
  await system.untilStill(batch_id);
  items = await system.list<TsqItem>(`/tsq?batch_id=${batch_id}`);
  expect(items).toHaveLength(COUNT);
});

afterAll(() => system.dispose());

const itemAt = (index: number) => {
  const item = items[index] as TsqItem;
  return { ...item, process_id: item.process_id as string, name: item.command_id.slice(-8) };
};
const detailOf = (process_id: string) => system.read<ProcessDetail>(`/processes/${process_id}`);

test('the dashboard groups what waits by cause, with a link to it', async () => {
  const { page } = await visit(system, '/');
  const group = page.locator('[data-testid=tsq-groups] li');
  await untilText(group, /^CHAOS_PERMANENT20.*injected$/);
  expect(await group.getAttribute('data-injected')).toBe('true');
  await untilText(page.getByTestId('stat-tsq'), '20');
  await untilText(page.getByTestId('stat-open-batches'), '1');
  await untilText(page.getByTestId('tsq-count'), '20');

  await group.getByRole('link', { name: 'CHAOS_PERMANENT' }).click();
  await page.getByRole('heading', { level: 1, name: 'Troubleshooting' }).waitFor();
  expect(new URL(page.url()).search).toBe('?error_code=CHAOS_PERMANENT&injected=true');
  await untilText(page.getByTestId('selection-bar'), '20 on this page');
});

test('the audit of a command shows the injected fault', async () => {
  const { page } = await visit(system, `/tsq?batch_id=${batch_id}`);
  const { name } = itemAt(0);
  await page.getByRole('button', { name: new RegExp(`^Details of command .*${name}$`) }).click();
  await page.getByTestId('tsq-detail').getByRole('link', { name: 'of this command' }).click();
  const events = page.locator('[data-testid=audit-events] > [data-type]');
  await events.first().waitFor();
  expect(await attributesOf(events, 'data-type')).toEqual(['SENT', 'RECEIVED', 'CHAOS_INJECTED', 'MOVED_TO_TSQ']);
  await untilText(page.locator('[data-type=CHAOS_INJECTED]'), 'Chaos injected');
  await untilText(page.locator('[data-type=MOVED_TO_TSQ]'), 'CHAOS_PERMANENT');
});

test('a process shows its behavior, and marks the attempt that chaos failed', async () => {
  const { page } = await visit(system, `/processes/${itemAt(0).process_id}`);
  await untilText(page.getByTestId('process-status'), 'In troubleshooting');
  await untilText(page.locator('[data-testid=behavior] [data-step=render]'), '100 % permanent');
  const attempts = page.getByTestId('timeline').getByTestId('attempt');
  await untilText(attempts.last(), 'CHAOS_PERMANENT');
  expect(await attributesOf(attempts, 'data-injected')).toEqual([null, null, 'true']);
  await untilText(attempts.last(), /injected/i);
});

test.each([
  ['wide and light', DESK, 0],
  ['on a phone and dark', PHONE, 3],
] as const)('retry, cancel and complete: %s', async (_, options, first) => {
  const { page, goto } = await visit(system, `/tsq?batch_id=${batch_id}`, options);
  const rowOf = ({ name }: { name: string }) =>
    page
      .getByTestId('tsq-table')
      .locator('tbody tr')
      .filter({ has: page.getByLabel(new RegExp(`Select.*${name}$`)) });
  const [retried, canceled, completed] = [itemAt(first), itemAt(first + 1), itemAt(first + 2)];
  await rowOf(retried).waitFor();
  expect(await fitsItsWidth(page)).toBe(true);

  await rowOf(retried).getByRole('button', { name: 'Retry' }).click();
  await page.getByText(/^Command \S+ retried$/).waitFor();
  await until('it is parked again', async () => {
    const [item] = (await system.list<TsqItem>(`/tsq?batch_id=${batch_id}`)).filter(
      ({ command_id }) => command_id === retried.command_id,
    );
    return item?.attempts === 2 && item.error_code === 'CHAOS_PERMANENT';
  });

  await rowOf(canceled).getByRole('button', { name: 'Cancel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByTestId('confirm').click();
  await dialog.getByText('is needed').waitFor();
  expect(await detailOf(canceled.process_id)).toMatchObject({ status: 'WAITING_FOR_TSQ' });
  expect((await system.documents(batch_id)).get(canceled.process_id)).toEqual(['aggregation.json', 'query.ndjson']);
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('wrong month');
  await dialog.getByTestId('confirm').click();
  await page.getByText(/^Command \S+ canceled$/).waitFor();

  await rowOf(completed).getByRole('button', { name: 'Complete' }).click();
  await dialog.getByRole('textbox', { name: /^Result/ }).fill('{"by": "hand"}');
  await dialog.getByTestId('confirm').click();
  await page.getByText(/^Command \S+ completed$/).waitFor();
  await untilText(rowOf(retried), /2/);
  for (const gone of [canceled, completed]) expect(await rowOf(gone).count()).toBe(0);

  await goto(`/processes/${canceled.process_id}`);
  await untilText(page.getByTestId('process-status'), 'Compensated');
  await untilText(page.getByTestId('timeline'), /Undo render.*Undo aggregation.*Undo query/s);
  expect(await page.getByTestId('artifacts').count()).toBe(0);
  expect((await system.documents(batch_id)).get(canceled.process_id) ?? []).toEqual([]);

  await goto(`/processes/${completed.process_id}`);
  await untilText(page.getByTestId('process-status'), 'Completed');
  expect((await detailOf(completed.process_id)).steps.at(-1)).toMatchObject({ step: 'render', result: { by: 'hand' } });
  expect(await fitsItsWidth(page)).toBe(true);

  await goto(`/processes/${retried.process_id}`);
  await untilText(page.getByTestId('process-status'), 'In troubleshooting');
  expect(await page.getByTestId('attempt').count()).toBe(4);
});

const COMMAND_PATHS = ['/commands', '/commands/new', '/command-batches', '/command-batches/new', '/replies'];
const PATHS = [
  '/',
  '/process-batches',
  '/process-batches?status=AT_REST',
  '/processes',
  '/tsq',
  '/process-batches/new',
  ...COMMAND_PATHS,
];

test.each([
  ['wide and dark', { ...DESK, dark: true }],
  ['on a phone and light', { ...PHONE, dark: false }],
] as const)('every page with data fits its width and logs no error: %s', async (_, options) => {
  const { page, goto } = await visit(system, '/', options);
  const { process_id, command_id } = itemAt(6);
  const of = [
    `/process-batches/${batch_id}`,
    `/process-batches/new?clone=${batch_id}`,
    `/processes/${process_id}`,
    `/commands/${command_id}`,
    `/commands?process_id=${process_id}`,
    `/audit?batch_id=${batch_id}`,
    `/audit?command_id=${command_id}`,
  ];
  for (const path of [...PATHS, ...of]) {
    await goto(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await until(`${path} is loaded`, async () => (await page.locator('[aria-busy=true]').count()) === 0);
    expect([path, await page.getByTestId(/^(page-error|error-state)$/).allTextContents()]).toEqual([path, []]);
    expect([path, await fitsItsWidth(page)]).toEqual([path, true]);
  }
});
