// An operator before a full queue: causes first, all that match selected over every page, one job, watched to its end.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TsqGroups, TsqJob, TsqJobStarted } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { type System, startSystem } from '../system/lab.ts';
import { DESK, fitsItsWidth, PHONE, untilText, visit } from './lab.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const COUNT = 120;
const OTHERS = 7;

let system: System;
let batch_id: string;

beforeAll(async () => {
  system = await startSystem({ page: true });
  const launch = (count: number, step: string, more: object = {}) =>
    system.launch({ count, output_type: 'csv', behavior: { [step]: { fail_permanent_pct: 100, ...more } } });
  ({ batch_id } = await launch(COUNT, 'query'));
  const others = await launch(OTHERS, 'aggregation', {
    error_code: 'VENDOR_DOWN',
    error_message: 'Vendor 17 is away.',
  });
  for (const id of [batch_id, others.batch_id]) await system.untilStill(id);
});

afterAll(() => system.dispose());

test.each([
  ['wide and light', DESK],
  ['on a phone and dark', PHONE],
] as const)('T03: all that match a cause are retried by one job: %s', async (_, options) => {
  const { page } = await visit(system, '/tsq', options);
  const causes = page.getByTestId('tsq-causes').locator('li');
  await untilText(causes.first(), /CHAOS_PERMANENT.*120.*94\.5 %/);
  await untilText(causes.nth(1), /VENDOR_DOWN.*7.*Vendor 17 is away\./);
  await untilText(page.getByTestId('selection-bar'), '50 on this page of 127');
  expect(await fitsItsWidth(page)).toBe(true);

  await causes.first().getByRole('link', { name: 'CHAOS_PERMANENT' }).click();
  expect(new URL(page.url()).searchParams.get('error_group')).toMatch(/^CHAOS_PERMANENT: /);
  await page.getByTestId('select-matching').getByText('Select all 120 that match').waitFor();
  await page.getByTestId('select-matching').click();
  await untilText(page.getByTestId('selection-bar'), 'All 120 that match selected');

  await page.getByTestId('selection-bar').getByRole('button', { name: 'Retry' }).click();
  const dialog = page.getByRole('dialog', { name: 'Retry 120 commands?' });
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('the vendor is back');
  await dialog.getByTestId('confirm').click();
  await page.getByText('Retrying 120 commands in the background').waitFor();
  await untilText(page.getByTestId('tsq-job-status'), 'Completed');
  await untilText(page.getByTestId('tsq-job-figures'), '120 of 120 retried');
  await untilText(page.getByTestId('tsq-jobs'), 'Retry');
  expect(await fitsItsWidth(page)).toBe(true);

  const [job] = await system.list<TsqJob>('/tsq/jobs');
  expect(job).toMatchObject({ verb: 'retry', total_count: COUNT, done_count: COUNT, reason: 'the vendor is back' });
  expect(new URL(page.url()).searchParams.get('job')).toBe(job?.job_id);
  await page.getByRole('button', { name: 'Stop watching this job' }).click();
  await until('it is closed', async () => (await page.getByTestId('tsq-job').count()) === 0);
  expect(new URL(page.url()).searchParams.get('error_group')).not.toBeNull();
  // They fail again: the next test finds the queue as this one did.
  await system.untilStill(batch_id);
});

test('of two who act on the same rows, one is told of each that it was too late', async () => {
  const { page } = await visit(system, '/tsq?error_code=VENDOR_DOWN');
  await page.getByRole('button', { name: 'Select all on this page' }).click();
  await untilText(page.getByTestId('selection-bar'), '7 selected');
  const { groups } = await system.read<TsqGroups>('/tsq/groups?error_code=VENDOR_DOWN');
  const taken = groups[0]?.sample_command_id as string;
  expect((await system.post(`/commands/${taken}/cancel`, { reason: 'mine' })).status).toBe(200);

  await page.getByTestId('selection-bar').getByRole('button', { name: 'Cancel' }).click();
  const dialog = page.getByRole('dialog', { name: /^Cancel \d commands\?$/ });
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('wrong month');
  await dialog.getByTestId('confirm').click();
  await untilText(page.getByTestId('tsq-job-status'), 'Completed');
  await untilText(page.getByTestId('tsq-job-figures'), /^[67] of [67]|6 of 7 canceled · 1 not/);
  await page.getByTestId('tsq-empty').waitFor();
});

test('a job is aborted before it did anything', async () => {
  // No worker takes internal commands, so the job makes no progress.
  await system.sql(`insert into faultline.domain (domain, paused_at) values ('faultline', now())`);
  const started = await system.post('/tsq/jobs', { verb: 'cancel', filter: { batch_id }, reason: 'by mistake' });
  const { job_id, total_count } = (await started.json()) as TsqJobStarted;
  expect(total_count).toBe(COUNT);
  const { page } = await visit(system, `/tsq?job=${job_id}`);
  await untilText(page.getByTestId('tsq-job-figures'), '0 of 120 canceled');
  await page.getByTestId('tsq-job').getByRole('button', { name: 'Abort' }).click();
  await page.getByText('The job was aborted; what it did stays done').waitFor();
  await untilText(page.getByTestId('tsq-job-status'), 'Aborted');
  await untilText(page.getByTestId('selection-bar'), 'of 120');
  await system.sql(`delete from faultline.domain where domain = 'faultline'`);
});
