// A person's browser on the running system, with everything noted that no page may do.
// Promises that a test fails whose pages complained, broke their content policy, or asked another host for anything.

import type { Locator, Page } from 'playwright-core';
import { afterEach, expect } from 'vitest';
import { openPage, type PageOptions } from '../support/browser.ts';
import { until } from '../support/until.ts';
import type { System } from '../system/lab.ts';

export interface Visitor {
  page: Page;
  /** The complaints of the pages until now. The caller checks them: the test no longer fails for them. */
  takeComplaints(): string[];
  goto(path: string): Promise<void>;
}

/** A page is there within a second, and much later on a machine that is busy. */
const SLOW_MS = 40_000;
const PHONE_WIDTH = 390;
/** A wide page in light colours, and a phone in dark ones. */
export const DESK: PageOptions = { width: 1280, height: 900, dark: false };
export const PHONE: PageOptions = { width: PHONE_WIDTH, height: 844, dark: true };

/** Runs in the page, before anything of its own. */
const TELL_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) => {
  console.error('Against the content policy: ' + event.violatedDirective + ' ' + event.blockedURI);
});`;

const visitors: Visitor[] = [];

afterEach(async () => {
  const complaints = visitors.flatMap((visitor) => visitor.takeComplaints());
  await Promise.all(visitors.splice(0).map(({ page }) => page.context().close()));
  expect(complaints).toEqual([]);
});

/** Opens the page of a system at `path`; closed after the test. */
export async function visit(system: System, path: string, options: PageOptions = DESK): Promise<Visitor> {
  // Blank first: what the page does from its first byte on is to be seen.
  const { page, complaints } = await openPage('about:blank', options);
  page.setDefaultTimeout(SLOW_MS);
  await page.addInitScript({ content: TELL_VIOLATIONS });
  page.context().on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== system.url && protocol !== 'data:' && protocol !== 'blob:')
      complaints.push(`Left its origin: ${request.url()}`);
  });
  const goto = async (to: string) => void (await page.goto(`${system.url}${to}`));
  const visitor: Visitor = { page, takeComplaints: () => complaints.splice(0), goto };
  visitors.push(visitor);
  await goto(path);
  return visitor;
}

/** Waits until the text of an element contains, or matches, what is expected. */
export async function untilText(locator: Locator, expected: string | RegExp): Promise<void> {
  await until(
    `${locator} reads ${expected}`,
    async () => {
      const text = (await locator.textContent()) ?? '';
      if (typeof expected === 'string' ? text.includes(expected) : expected.test(text)) return true;
      throw new Error(`it reads: ${text}`);
    },
    { deadline_ms: SLOW_MS, every_ms: 50 },
  );
}

/** True when the page is no wider than its window. */
export function fitsItsWidth(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth <= window.innerWidth');
}

/** An attribute of each element, in their order. */
export async function attributesOf(elements: Locator, name: string): Promise<(string | null)[]> {
  return Promise.all((await elements.all()).map((element) => element.getAttribute(name)));
}
