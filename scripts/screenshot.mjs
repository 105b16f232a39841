// Takes a screenshot of a page: node scripts/screenshot.mjs <url> <out.png> [--width 1280] [--height 800] [--dark] [--full]
// Waits until the network is idle or 3 s have passed, and prints errors of the page.

import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '800' },
    dark: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
  },
});
const [url, out] = positionals;
if (!url || !out) {
  console.error('usage: node scripts/screenshot.mjs <url> <out.png> [--width 1280] [--height 800] [--dark] [--full]');
  process.exit(2);
}

const { module } = await runnerImport('./test/support/chromium.ts', { logLevel: 'error' });
const browser = await module.launchChromium();
try {
  const context = await browser.newContext({
    viewport: { width: Number(values.width), height: Number(values.height) },
    colorScheme: values.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => console.error(`exception: ${error}`));
  await page.goto(url);
  // A page with an event stream is never idle.
  await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => {});
  await page.screenshot({ path: out, fullPage: values.full });
} finally {
  await browser.close();
}
