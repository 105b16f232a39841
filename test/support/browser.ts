// Pages for tests: one browser per test file, a fresh context per page, closed by themselves after the file.
// Promises that what a page complained about (console errors, exceptions, failed requests) is kept for the test to look at.

import type { Browser, Page } from 'playwright-core';
import { afterAll } from 'vitest';
import { launchChromium } from './chromium.ts';

export interface PageOptions {
  width?: number;
  height?: number;
  dark?: boolean;
}

export interface TestPage {
  page: Page;
  /** Console errors, uncaught exceptions and failed requests, oldest first. */
  complaints: string[];
}

let browser: Promise<Browser> | undefined;

afterAll(async () => {
  await (await browser)?.close();
});

/** Opens `url` in a context of its own (no cookie or storage of another page). */
export async function openPage(
  url: string,
  { width = 1280, height = 800, dark = false }: PageOptions = {},
): Promise<TestPage> {
  browser ??= launchChromium();
  const context = await (await browser).newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => {
    // Leaving a page ends its event streams: that is no failure.
    const reason = request.failure()?.errorText ?? '';
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.method()} ${request.url()}: ${reason}`);
  });
  await page.goto(url);
  return { page, complaints };
}
