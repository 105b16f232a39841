// The API's description: valid OpenAPI 3.1, every route in it, every reference of it leading somewhere, and a page that loads nothing from elsewhere.

import { createServer } from 'faultline/http';
import { expect, test } from 'vitest';
import { LIMITS } from '../../src/model/limits.ts';
import { openPage } from '../support/browser.ts';
import { application, openLab } from './lab.ts';

const lab = await openLab();
const answer = await lab.app.inject('/api/docs/json');
const document = answer.json();

interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: { properties?: Record<string, unknown> } }> };
  responses: Record<string, { content?: Record<string, unknown> }>;
}

const operations: [string, Operation][] = Object.entries<Record<string, Operation>>(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
);

test('it is OpenAPI 3.1', () => {
  expect(answer.statusCode).toBe(200);
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Faultline', version: expect.any(String) } });
});

test('every route of the server is in it, and nothing else', async () => {
  const routes: string[] = [];
  const app = await createServer({ service: lab.service });
  // The routes as the router has them, not as the description lists them.
  const lines = app.printRoutes({ commonPrefix: false, includeHooks: false }).split('\n');
  const stack: string[] = [];
  for (const line of lines) {
    const match = /^([│ ]*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (match === null) continue;
    const depth = (match[1] as string).length / 4;
    stack.length = depth;
    stack.push(match[2] as string);
    for (const method of match[3]?.split(', ') ?? []) routes.push(`${method} ${stack.join('')}`);
  }
  await app.close();
  const served = routes
    .filter((route) => /^(GET|POST|PUT|PATCH|DELETE) \/api\/v1\//.test(route))
    .map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
  expect(served.length).toBeGreaterThan(18);
  expect(operations.map(([name]) => name).sort()).toEqual(served.sort());
});

test('every operation says what it does, and how it refuses', () => {
  const known = new Set(document.tags.map((tag: { name: string }) => tag.name));
  for (const [name, operation] of operations) {
    expect(operation.summary, name).toMatch(/^[A-Z]/);
    expect(
      operation.tags?.every((tag) => known.has(tag)),
      name,
    ).toBe(true);
    if (name.includes('/health/')) continue;
    expect(operation.responses['4XX']?.content, name).toHaveProperty(['application/problem+json']);
  }
});

test('every parameter of a path is declared, and required', () => {
  for (const [name, { parameters = [] }] of operations) {
    const declared = parameters
      .filter((parameter) => parameter.in === 'path' && parameter.required)
      .map((parameter) => parameter.name);
    expect(declared.sort(), name).toEqual([...name.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort());
  }
});

test('every reference leads to a schema, and every schema is used', () => {
  const text = JSON.stringify(document);
  const referred = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]));
  expect([...referred].sort()).toEqual(Object.keys(document.components.schemas).sort());
});

test('a launch is described with the input and the steps of what can be launched', () => {
  const launch = operations.find(([name]) => name === 'POST /api/v1/process-batches')?.[1];
  const schema = launch?.requestBody?.content['application/json']?.schema;
  expect(Object.keys(schema?.properties ?? {})).toEqual(
    expect.arrayContaining([
      'count',
      'seed',
      'retry',
      'from_date',
      'to_date',
      'output_type',
      'account_count',
      'behavior',
    ]),
  );
  expect(JSON.stringify(schema?.properties?.behavior)).toMatch(/query.*aggregation.*render.*|fail_permanent_pct/);
  expect(application.processes).toHaveLength(1);
});

test('the page and everything it loads come from here, without inline script', async () => {
  const page = await lab.app.inject('/api/docs/');
  expect(page.statusCode).toBe(200);
  expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//);
  expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>\s*\S/);
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    (match) => new URL(match[1] as string, 'http://localhost/api/docs/'),
  );
  expect(files.length).toBeGreaterThan(3);
  for (const { pathname } of files) expect((await lab.app.inject(pathname)).statusCode, pathname).toBe(200);
});

test('a browser shows every operation, and nothing of the page violates its own policy', async () => {
  const origin = await lab.app.listen({ host: '127.0.0.1', port: 0 });
  const { page, complaints } = await openPage(`${origin}/api/docs`);
  await page.waitForSelector('.opblock');
  expect(await page.locator('.opblock').count()).toBe(operations.length);
  expect(complaints).toEqual([]);
});

test('a document of the sender is described as an object', () => {
  const sent = operations.find(([name]) => name === 'POST /api/v1/commands')?.[1].requestBody;
  expect(sent?.content['application/json']?.schema.properties?.payload).toMatchObject({ type: 'object' });
});

test('the longest deadline is described as the bus takes it', () => {
  const sent = operations.find(([name]) => name === 'POST /api/v1/commands')?.[1].requestBody;
  expect(sent?.content['application/json']?.schema.properties?.deadline_ms).toMatchObject({
    maximum: LIMITS.deadline_ms.max,
  });
  expect(LIMITS.deadline_ms.max).toBe(2_000_000_000);
});
