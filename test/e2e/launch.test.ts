// Launching by hand: chaos by slider and by number, progress as it comes, the statement at the end, and mistakes told at their field.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readPdf } from '../reporting/pdf-reader.ts';
import { until } from '../support/until.ts';
import { type System, startSystem } from '../system/lab.ts';
import { DESK, fitsItsWidth, PHONE, untilText, visit } from './lab.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let system: System;

beforeAll(async () => {
  system = await startSystem({ page: true });
});

afterAll(() => system.dispose());

const numberField = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
const openPanel = (page: Page, step: string) => page.getByRole('button', { name: new RegExp(`^${step}`) }).click();
const expectedBar = (page: Page, step: string) =>
  page.getByRole('img', { name: new RegExp(`^${step}, expected first attempt`) });

async function untilBar(page: Page, step: string, says: string): Promise<void> {
  await until(`the bar of ${step} says ${says}`, async () => {
    const label = await expectedBar(page, step).getAttribute('aria-label');
    if (label?.endsWith(`: ${says}`)) return true;
    throw new Error(`it says ${label}`);
  });
}

async function launch(page: Page, button: string): Promise<string> {
  await page.getByRole('button', { name: button }).click();
  await page.waitForURL(/\/process-batches\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname.split('/').at(-1) as string;
}

test.each([
  ['wide and light', DESK],
  ['on a phone and dark', PHONE],
] as const)('twenty that fail for good are set up, launched and watched to their rest: %s', async (_, options) => {
  const { page } = await visit(system, '/', options);
  await page.getByRole('link', { name: 'New batch' }).click();
  await page.getByRole('heading', { level: 1, name: 'New batch' }).waitFor();
  await numberField(page, 'Processes').fill('20');
  await openPanel(page, 'Render');
  await untilBar(page, 'Render', 'Success 100 %');

  // By keyboard on the slider: its number follows.
  await page.getByRole('slider', { name: 'Render: transient failure %, slider' }).focus();
  for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight');
  expect(await numberField(page, 'Render: transient failure %').inputValue()).toBe('3 %');
  await untilBar(page, 'Render', 'Success 97 %, Transient 3 %');
  // By number: its slider follows.
  await numberField(page, 'Render: permanent failure %').fill('100');
  const slider = page.getByRole('slider', { name: 'Render: permanent failure %, slider' });
  await until('the slider follows', async () => (await slider.getAttribute('aria-valuenow')) === '100');
  await untilBar(page, 'Render', 'Permanent 100 %');
  await untilText(page.getByTestId('preview-render'), '20 attempts, 0 succeed20 permanent');
  await untilText(page.getByTestId('preview-query'), '20 attempts, 20 succeedno fault');
  expect(await fitsItsWidth(page)).toBe(true);

  const batch_id = await launch(page, 'Launch 20 processes');
  await untilText(page.getByRole('alert').filter({ hasText: 'Launching 20 processes' }), /Accepted, seed [0-9a-f]{16}/);
  await untilText(page.getByTestId('batch-status'), 'At rest');
  await untilText(page.getByTestId('created-count'), '20 of 20');
  const created = page.getByRole('progressbar', { name: 'Created 20 of 20' });
  expect(await created.getAttribute('aria-valuenow')).toBe('100');
  await page.getByRole('img', { name: 'Processes: In troubleshooting 20' }).waitFor();
  await untilText(page.locator('[data-testid=batch-counts] [data-part=in_troubleshooting]'), '20 in troubleshooting');
  await untilText(page.getByTestId('injected-render'), '20 injected faults (100 % of attempts)');
  expect(await fitsItsWidth(page)).toBe(true);
  expect(await system.batch(batch_id)).toMatchObject({
    status: 'AT_REST',
    in_troubleshooting_count: 20,
    behavior: { render: { fail_permanent_pct: 100, fail_transient_pct: 3 } },
  });
});

test('a clean batch of five: the statement opens from its process, as a PDF', async () => {
  const { page } = await visit(system, '/process-batches/new');
  await numberField(page, 'Processes').fill('5');
  await launch(page, 'Launch 5 processes');
  await untilText(page.getByTestId('batch-status'), 'Completed');
  await page.getByRole('img', { name: 'Processes: Completed 5' }).waitFor();

  await page.getByTestId('batch-processes').getByRole('link', { name: /^#0 / }).click();
  await untilText(page.getByTestId('process-status'), 'Completed');
  const link = page.getByTestId('artifacts').getByRole('link', { name: 'Open statement (PDF)' });
  const href = new URL((await link.getAttribute('href')) ?? '', system.url).href;
  const [answer] = await Promise.all([
    page.context().waitForEvent('response', (response) => response.url() === href),
    link.click(),
  ]);
  expect([answer.status(), answer.headers()['content-type']]).toEqual([200, 'application/pdf']);
  expect(answer.headers()['content-disposition']).toMatch(/^inline; filename="statement-.*\.pdf"/);
  const { pages } = readPdf(await (await page.request.get(href)).body());
  expect(pages.flat()).toContain('Combined account statement');
});

describe('a mistake is told at its very field', () => {
  /** The field that is marked as wrong, and what it is told. */
  const mistake = (page: Page, name: string) => {
    const field = page.getByRole('textbox', { name });
    return {
      isMarked: async () => (await field.getAttribute('aria-invalid')) === 'true',
      says: async () => {
        const ids = (await field.getAttribute('aria-describedby'))?.match(/\S+/g) ?? [];
        const texts = await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).textContent()));
        return texts.join(' ');
      },
    };
  };

  test('by the server, where only it knows', async () => {
    const { page, takeComplaints } = await visit(system, '/process-batches/new');
    await page.getByRole('textbox', { name: 'From date' }).fill('2010-01-01');
    await page.getByRole('textbox', { name: 'To date' }).fill('2026-12-31');
    await page.getByRole('button', { name: /^Launch/ }).click();
    const { isMarked, says } = mistake(page, 'To date');
    await until('the field is marked', isMarked);
    expect(await says()).toContain('must be at most 3660 days after from_date');
    expect(new URL(page.url()).pathname).toBe('/process-batches/new');
    // Refused twice where one is slow: when it was predicted, and when it was launched.
    expect([...new Set(takeComplaints())]).toEqual([
      'Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)',
    ]);
  });

  test('before it is sent, where the page knows', async () => {
    const { page } = await visit(system, '/process-batches/new');
    await page.getByRole('textbox', { name: 'From date' }).fill('2026-03-02');
    await page.getByRole('textbox', { name: 'To date' }).fill('2026-03-01');
    await openPanel(page, 'Query');
    await numberField(page, 'Query: shortest delay (ms)').fill('20');
    await numberField(page, 'Query: longest delay (ms)').fill('10');
    await openPanel(page, 'Query');
    await page.getByRole('button', { name: /^Launch/ }).click();
    for (const [name, expected] of [
      ['To date', 'must not be before the from date'],
      ['Query: shortest delay (ms)', 'must not be greater than the maximum'],
    ] as const) {
      const { isMarked, says } = mistake(page, name);
      await until(`${name} is marked`, isMarked);
      expect(await says()).toContain(expected);
    }
    // The panel was closed over its mistake, and is open again.
    expect(await numberField(page, 'Query: shortest delay (ms)').isVisible()).toBe(true);
    expect(new URL(page.url()).pathname).toBe('/process-batches/new');
  });
});
