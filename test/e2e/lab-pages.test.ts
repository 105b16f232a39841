// The chaos lab by hand: predicted before, verified after; chaos adjusted, stopped, saved, taken along, and all of it again.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AuditEvent, KillSwitch, Profile } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { type System, startSystem } from '../system/lab.ts';
import { attributesOf, DESK, fitsItsWidth, PHONE, untilText, visit } from './lab.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let system: System;

beforeAll(async () => {
  system = await startSystem({ page: true });
});

afterAll(() => system.dispose());

const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
const batchIdOf = (page: Page) => new URL(page.url()).pathname.split('/')[2] as string;

async function prepare(page: Page, count: number): Promise<void> {
  await field(page, 'Processes').fill(String(count));
  await page.getByRole('textbox', { name: 'Delays between attempts' }).fill('100 ms');
}

async function launch(page: Page): Promise<string> {
  await page.getByRole('button', { name: /^Launch \d/ }).click();
  await page.waitForURL(/\/process-batches\/[0-9a-f-]{36}$/);
  return batchIdOf(page);
}

/** The legend's figures by part. */
async function figuresOf(page: Page, testId: string): Promise<Record<string, string>> {
  const parts = page.getByTestId(testId).locator('[data-part]');
  const names = await attributesOf(parts, 'data-part');
  const figures = await parts.locator('b').allTextContents();
  return Object.fromEntries(names.map((name, index) => [name, figures[index] ?? '']));
}

async function untilCounted(page: Page): Promise<void> {
  await until('the launch is predicted', async () => {
    const busy = await page.getByTestId('preview').getAttribute('aria-busy');
    return busy === 'false' && (await page.getByTestId('preview-endings').isVisible());
  });
}

test.each([
  ['wide and light', DESK],
  ['on a phone and dark', PHONE],
] as const)(
  'a built-in profile: the observed outcome equals the prediction, and the verdict passes: %s',
  async (_, options) => {
    const { page } = await visit(system, '/process-batches/new', options);
    await prepare(page, 60);
    await page.getByTestId('preset-retry-storm').click();
    await page.getByRole('textbox', { name: 'Hypothesis' }).fill('Three attempts carry most of them through.');
    await page.getByTestId('preview-endings').locator('[data-part=in_troubleshooting]').waitFor();
    await untilCounted(page);
    await page.getByTestId('preview').getByText('Exact').waitFor();
    const predicted = await figuresOf(page, 'preview-endings');
    expect(Number(predicted.completed) + Number(predicted.in_troubleshooting)).toBe(60);
    expect(await fitsItsWidth(page)).toBe(true);

    const batch_id = await launch(page);
    await untilText(page.getByTestId('hypothesis'), 'Three attempts carry most of them through.');
    await untilText(page.getByTestId('batch-status'), 'At rest');
    await untilText(page.getByTestId('verdict-badge'), 'Pass');
    const batch = await system.batch(batch_id);
    expect({
      completed: String(batch.completed_count),
      in_troubleshooting: String(batch.in_troubleshooting_count),
    }).toEqual(predicted);
    const completed = page.getByTestId('compared-endings').locator('[data-key=completed]');
    await untilText(completed, `Completed${batch.completed_count}${batch.completed_count}0`);
    expect(await page.locator('[data-differs]').count()).toBe(0);
    await page.getByTestId('compared-render').locator('[data-key=injected_first_attempts]').waitFor();
    expect(await fitsItsWidth(page)).toBe(true);

    await page.getByRole('button', { name: /^Attempts as rolled/ }).click();
    await page.getByTestId('check-attempts_as_rolled').getByRole('button', { name: 'SQL' }).click();
    await page.getByRole('region', { name: 'SQL of Attempts as rolled' }).waitFor();

    await page.getByRole('link', { name: 'Report' }).click();
    await untilText(page.getByTestId('report-verdict'), 'Pass');
    await page.getByTestId('report-steps').getByText('Aggregation').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByTestId('download-markdown').click(),
    ]);
    expect(download.suggestedFilename()).toBe(`faultline-report-${batch_id}.md`);
    expect(await fitsItsWidth(page)).toBe(true);
  },
);

test('a document removed after the verdict fails the next verification', async () => {
  const { page } = await visit(system, '/process-batches/new');
  await prepare(page, 5);
  const batch_id = await launch(page);
  await untilText(page.getByTestId('batch-status'), 'Completed');
  await untilText(page.getByTestId('verdict-badge'), 'Pass');
  const folder = join(system.data_dir, 'artifacts', batch_id, '0');
  const [process_id = ''] = await readdir(folder);
  await rm(join(folder, process_id, 'aggregation.json'));

  await page.getByRole('button', { name: 'Check now' }).click();
  await untilText(page.getByTestId('verdict-badge'), 'Fail');
  await page.getByTestId('check-artifacts').getByText(`${process_id}/aggregation.json is on record`).waitFor();
  await page.reload();
  await untilText(page.getByTestId('verdict-badge'), 'Fail');
});

describe('chaos under way', () => {
  test('is adjusted, then stopped; the audit records both', async () => {
    const { page } = await visit(system, '/process-batches/new');
    // However long the clicks take, it is under way.
    expect((await system.post('/queues/reporting/pause', { reason: 'until chaos was adjusted' })).status).toBe(200);
    await prepare(page, 200);
    await page.getByTestId('preset-none').click();
    await page.getByRole('button', { name: /^Query/ }).click();
    await field(page, 'Query: shortest delay (ms)').fill('900');
    const batch_id = await launch(page);

    await page.getByTestId('adjust-chaos').click();
    await field(page, 'Query: shortest delay (ms)').fill('0');
    await page.getByRole('button', { name: /^Render/ }).click();
    await field(page, 'Render: permanent failure %').fill('100');
    await page.getByTestId('adjust-drawer').getByRole('textbox', { name: 'Reason' }).fill('look at the last step');
    await page.getByTestId('confirm-adjust').click();
    await untilText(page.getByTestId('behavior-versions'), 'look at the last step');

    await page.getByTestId('stop-injection').click();
    await page.getByTestId('confirm').click();
    await page.getByTestId('injection-stopped').waitFor();
    const events = await system.list<AuditEvent>(`/audit?batch_id=${batch_id}`);
    const types = events.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['BEHAVIOR_CHANGED', 'INJECTION_STOPPED']));
    expect((await system.post('/queues/reporting/resume', {})).status).toBe(200);
    await system.untilStill(batch_id);
    await untilText(page.getByTestId('verdict-badge'), 'Pass');
    await untilText(page.getByTestId('predicted-note'), /behavior|injection|stopped|changed/i);

    await page.getByRole('main').getByRole('link', { name: 'Audit' }).click();
    await page.locator('[data-type=PROCESS_STARTED]').first().waitFor();
    await page.getByRole('switch', { name: 'Only the batch as a whole' }).click();
    await page.locator('[data-type=PROCESS_STARTED]').first().waitFor({ state: 'detached' });
    await untilText(page.locator('[data-type=BEHAVIOR_CHANGED]'), 'look at the last step');
    await page.locator('[data-type=INJECTION_STOPPED]').waitFor();
  });

  test('the kill switch stops all chaos, refuses new chaos, and resumes it', async () => {
    const { page, takeComplaints } = await visit(system, '/process-batches/new');
    await page.getByTestId('stop-chaos').click();
    await page.getByRole('textbox', { name: 'Reason' }).fill('drill is over');
    await page.getByTestId('confirm').click();
    await untilText(page.getByTestId('kill-switch-banner'), 'drill is over');
    expect(await system.read<KillSwitch>('/chaos')).toMatchObject({ stopped: true, reason: 'drill is over' });

    await prepare(page, 5);
    await page.getByTestId('preset-poison-1').click();
    await page.getByRole('button', { name: /^Launch 5/ }).click();
    await untilText(page.getByTestId('launch-refused'), 'drill is over');
    expect(takeComplaints()).toEqual(['Failed to load resource: the server responded with a status of 409 (Conflict)']);

    await page.getByTestId('resume-chaos').click();
    await page.getByTestId('confirm').click();
    await page.getByTestId('kill-switch-banner').waitFor({ state: 'detached' });
    await launch(page);

    await page.getByRole('link', { name: 'Audit' }).first().click();
    await untilText(page.locator('[data-type=CHAOS_STOPPED]').first(), 'drill is over');
    await page.locator('[data-type=CHAOS_RESUMED]').first().waitFor();
    await page.getByText('Last day').click();
    await page.waitForURL(/span=day/);
    await page
      .locator('[data-type=BATCH_STARTED]')
      .first()
      .getByRole('link', { name: /^batch/ })
      .click();
    await page.waitForURL(/\/process-batches\/[0-9a-f-]{36}$/);
  });
});

test('a batch, and one of its processes alone, are rerun with the same seed', async () => {
  const behavior = { query: { fail_business_rule_pct: 30 }, render: { fail_permanent_pct: 30 } };
  const { batch_id, seed } = await system.launch({ count: 20, behavior });
  const first = await system.untilStill(batch_id);
  const { page } = await visit(system, `/process-batches/${batch_id}`);
  await page.getByTestId('rerun-batch').click();
  await page.waitForURL((url) => url.pathname.startsWith('/process-batches/') && !url.pathname.endsWith(batch_id));
  const again = await system.untilStill(batchIdOf(page));
  expect(again).toMatchObject({
    seed,
    completed_count: first.completed_count,
    compensated_count: first.compensated_count,
    in_troubleshooting_count: first.in_troubleshooting_count,
  });

  await page.goto(`${system.url}/process-batches/${batch_id}?status=COMPENSATED`);
  await page.getByTestId('batch-processes').getByRole('link').first().click();
  await untilText(page.getByTestId('injected').first(), 'Injected business rule');
  await page.getByTestId('rerun-process').click();
  await page.waitForURL(/\/process-batches\/[0-9a-f-]{36}$/);
  const alone = await system.untilStill(batchIdOf(page));
  expect(alone).toMatchObject({ seed, total_count: 1, compensated_count: 1 });
  await untilText(page.getByTestId('verdict-badge'), 'Pass');
});

test('a profile is saved from a launch, changed, exported, deleted and imported', async () => {
  const { page } = await visit(system, '/process-batches/new');
  await page.getByTestId('preset-flaky-network').click();
  await page.getByTestId('save-as-profile').click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Our network');
  await page.getByTestId('confirm-save-profile').click();
  await page.getByRole('button', { name: 'Our network' }).waitFor();

  await page.getByRole('link', { name: 'Chaos profiles' }).click();
  await page.getByTestId('saved-profiles').getByRole('link', { name: 'Our network' }).click();
  await field(page, 'Query: transient failure %').fill('25');
  await page.getByTestId('save-profile').click();
  await untilText(page.getByTestId('saved-profiles'), '25 % transient');

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('export-profiles').click()]);
  const file = await download.path();
  await page.getByRole('button', { name: 'Delete Our network' }).click();
  await page.getByTestId('confirm').click();
  await page.getByText('No profile was saved yet').waitFor();

  await page.getByTestId('import-profiles').click();
  await page.locator('input[type=file]').setInputFiles(file);
  await untilText(page.getByTestId('import-result'), '1 profile imported');
  const { items } = await system.read<{ items: Profile[] }>('/profiles');
  expect(items).toMatchObject([{ name: 'Our network', behavior: { query: { fail_transient_pct: 25 } } }]);
});
