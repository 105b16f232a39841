// The page: its files, and its document for every address that is not one.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openLab } from './lab.ts';

const ui_dir = mkdtempSync(join(tmpdir(), 'faultline-page-'));
afterAll(() => rmSync(ui_dir, { recursive: true, force: true }));
mkdirSync(join(ui_dir, 'assets'));
writeFileSync(join(ui_dir, 'index.html'), '<!doctype html><title>Faultline</title>');
writeFileSync(join(ui_dir, 'assets', 'index-abc123.js'), 'export {}');
writeFileSync(join(ui_dir, '.secret'), 'no');
writeFileSync(join(ui_dir, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');

const lab = await openLab({ ui_dir });
const open = (url: string, accept = 'text/html,*/*') => lab.app.inject({ method: 'GET', url, headers: { accept } });

describe('built', () => {
  test.each(['/', '/command-batches', '/command-batches/01a2-some-id?tab=processes', '/deep/er/still', '/index.html'])(
    '%s is the page',
    async (url) => {
      const answer = await open(url);
      expect([answer.statusCode, answer.body]).toEqual([200, '<!doctype html><title>Faultline</title>']);
      expect(answer.headers['content-type']).toMatch(/^text\/html/);
      expect(answer.headers['cache-control']).toBe('no-cache');
      expect(answer.headers['content-security-policy']).toContain("default-src 'self'");
    },
  );

  test('files whose names hold a hash are kept forever, others are asked for', async () => {
    const script = await open('/assets/index-abc123.js');
    expect([script.statusCode, script.body]).toEqual([200, 'export {}']);
    expect(script.headers['content-type']).toMatch(/javascript/);
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect((await open('/favicon.svg')).headers['cache-control']).toBe('no-cache');
  });

  test('an old file that is gone is 404, not the page as a script', async () => {
    const answer = await open('/assets/index-old.js', '*/*');
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND']);
  });

  test.each(['/api/v1/nowhere', '/api/nowhere', '/api'])('%s is a problem even for a browser', async (url) => {
    const answer = await open(url);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  });

  test.each(['/.secret', '/../package.json', '/%2e%2e/package.json', '/assets/..%2f..%2fetc%2fpasswd', '/assets/%00'])(
    '%s gives nothing away',
    async (url) => {
      const answer = await open(url, '*/*');
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      expect(answer.statusCode).toBeLessThan(500);
    },
  );

  test('only reading gets the page', async () => {
    const answer = await lab.app.inject({ method: 'POST', url: '/command-batches', headers: { accept: 'text/html' } });
    expect(answer.statusCode).toBe(404);
  });
});

test('not built, the API is served and the rest is 404', async () => {
  const bare = await openLab({ ui_dir: join(ui_dir, 'nothing') });
  expect((await bare.app.inject({ url: '/', headers: { accept: 'text/html' } })).statusCode).toBe(404);
  expect((await bare.get('/health/ready')).statusCode).toBe(200);
});
