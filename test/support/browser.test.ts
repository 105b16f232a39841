// The browser of the tests draws: text is visible and a picture of it is not blank.

import { expect, test } from 'vitest';
import { openPage } from './browser.ts';

const html = (body: string) => `data:text/html,${encodeURIComponent(`<!doctype html><title>t</title>${body}`)}`;

test('text is visible and drawn in the bundled font', async () => {
  const { page, complaints } = await openPage(html('<h1>Nothing was lost</h1><p style="font-size:0">hidden</p>'));
  expect(await page.getByText('Nothing was lost').isVisible()).toBe(true);
  expect(await page.getByText('hidden').isVisible()).toBe(false);
  const drawn = await page.screenshot();
  const { page: blank } = await openPage(html(''));
  // A blank page compresses to almost nothing; letters do not.
  expect(drawn.byteLength).toBeGreaterThan((await blank.screenshot()).byteLength + 1000);
  expect(complaints).toEqual([]);
});

test('complaints of a page are kept', async () => {
  const { complaints } = await openPage(html('<script>console.error("first"); throw new Error("second")</script>'));
  expect(complaints).toEqual(['first', 'Error: second']);
});

test('dark is a property of the page, and contexts are independent', async () => {
  const [light, dark] = await Promise.all([openPage(html('')), openPage(html(''), { dark: true })]);
  const prefersDark = `matchMedia('(prefers-color-scheme: dark)').matches`;
  expect(await light.page.evaluate(prefersDark)).toBe(false);
  expect(await dark.page.evaluate(prefersDark)).toBe(true);
});
