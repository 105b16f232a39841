// A fresh system as a person first sees it: empty pages that say what to do, wrong addresses, and the service going away.

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type System, startSystem } from '../system/lab.ts';
import { DESK, fitsItsWidth, PHONE, untilText, visit } from './lab.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let system: System;

beforeAll(async () => {
  system = await startSystem({ page: true, workers: 1 });
});

afterAll(() => system.dispose());

const PAGES = [
  ['/', 'Dashboard', 'Nothing waits for an operator'],
  ['/process-batches', 'Process batches', 'No batch was launched yet'],
  ['/processes', 'Processes', 'No process'],
  ['/tsq', 'Troubleshooting', 'Nothing waits for an operator'],
  ['/audit', 'Audit', 'Nothing happened to the system in this time'],
  ['/process-batches/new', 'New batch', 'No chaos'],
  ['/profiles', 'Chaos profiles', 'No profile was saved yet'],
  ['/profiles/new', 'New chaos profile', 'Permanent failure'],
] as const;

test.each([
  ['wide and light', DESK, 'light'],
  ['on a phone and dark', PHONE, 'dark'],
] as const)('every page of a fresh system says that nothing is there yet: %s', async (_, options, scheme) => {
  const { page, goto } = await visit(system, '/', options);
  for (const [path, title, says] of PAGES) {
    await goto(path);
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    await page.getByText(says).first().waitFor();
    expect([path, await page.title()]).toEqual([path, `${title} · Faultline`]);
    expect([path, await fitsItsWidth(page)]).toEqual([path, true]);
    expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe(scheme);
  }
});

test('the frame of every page has at most 240 kB, compressed', async () => {
  const html = await (await fetch(system.url)).text();
  const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  expect(files.length).toBeGreaterThan(2);
  const sizes = files.map(async (path) => {
    const response = await fetch(`${system.url}${path}`);
    return gzipSync(await response.arrayBuffer()).length;
  });
  expect((await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(240_000);
});

test('the empty list of batches leads to the first launch', async () => {
  const { page } = await visit(system, '/process-batches');
  await page.getByRole('link', { name: 'Launch the first batch' }).click();
  await page.getByRole('heading', { level: 1, name: 'New batch' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/process-batches/new');
});

test('on a phone the menu opens, leads on, and closes behind one', async () => {
  const { page } = await visit(system, '/', PHONE);
  await page.getByRole('button', { name: 'Open menu' }).click();
  await page.getByRole('link', { name: 'Troubleshooting', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Troubleshooting' }).waitFor();
  await page.getByRole('button', { name: 'Open menu' }).waitFor();
});

test('an address without a page says so and leads back', async () => {
  const { page } = await visit(system, '/no/such/page');
  await page.getByText('There is no page at this address').waitFor();
  expect(await page.title()).toBe('Not found · Faultline');
  await page.getByRole('link', { name: 'To the dashboard', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
});

test('a batch that does not exist is not found, in words', async () => {
  const { page, takeComplaints } = await visit(system, '/process-batches/0198c0de-0000-7000-8000-000000000000');
  await page.getByText('NOT_FOUND').waitFor();
  // The browser notes the answer; the page has nothing to add.
  expect(new Set(takeComplaints())).toEqual(
    new Set(['Failed to load resource: the server responded with a status of 404 (Not Found)']),
  );
});

test('while the service is away the page says so, keeps what it showed, and finds it again by itself', async () => {
  const { page, takeComplaints } = await visit(system, '/');
  const connection = page.getByTestId('connection');
  await untilText(connection, 'Connected');
  await untilText(page.getByTestId('stat-open-batches'), '0');

  await system.stop();
  await untilText(connection, 'No connection');
  await untilText(page.getByTestId('stat-open-batches'), '0');
  await system.start();
  await untilText(connection, 'Connected');
  // The browser itself notes each failed request; nothing else may have gone wrong.
  const complaints = takeComplaints();
  expect(complaints.length).toBeGreaterThan(0);
  expect(complaints.filter((complaint) => !/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|503/.test(complaint))).toEqual(
    [],
  );
});
