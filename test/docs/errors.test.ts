// docs/errors.md lists every stable code that src can produce, with its status, and no other.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { HTTP_CODES } from '../../src/http/errors.ts';
import { BUS_CODES } from '../../src/model/errors.ts';
import type { Node } from '../support/tidy/tree.ts';
import { isCode, isNode, parseCode, readTree, walk } from '../support/tidy/tree.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Coded {
  code: string;
  status: number | undefined;
}

/** Codes in src: what errors are constructed with, and what is written to `code` and `error_code`. */
function readCodes(program: Node): Coded[] {
  const found: Coded[] = [];
  const isShaped = (value: unknown): value is string =>
    typeof value === 'string' && /^[A-Z][A-Z0-9]+(_[A-Z0-9]+)*$/.test(value);
  walk(program, (node) => {
    const isSuper = node.type === 'CallExpression' && isNode(node.callee) && node.callee.type === 'Super';
    const isError = node.type === 'NewExpression' && isNode(node.callee) && String(node.callee.name).endsWith('Error');
    if ((isSuper || isError) && Array.isArray(node.arguments)) {
      const [code, status] = node.arguments as Node[];
      if (isShaped(code?.value)) found.push({ code: code.value, status: statusOf(status) });
    }
    if (node.type === 'Property' && isNode(node.key) && /^(error_)?code$/.test(String(node.key.name))) {
      if (isNode(node.value) && isShaped(node.value.value)) found.push({ code: node.value.value, status: undefined });
    }
  });
  return found;
}

function statusOf(node: Node | undefined): number | undefined {
  return typeof node?.value === 'number' ? node.value : undefined;
}

function readDocumented(): Map<string, string> {
  const page = readFileSync(`${root}/docs/errors.md`, 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z0-9_]+)` \| (\S+) \| (.+) \|$/gm)];
  expect(new Set(rows.map((row) => row[1])).size).toBe(rows.length);
  return new Map(rows.map((row) => [row[1] as string, row[2] as string]));
}

const produced = readTree(root)
  .filter((file) => file.path.startsWith('src/') && isCode(file))
  .flatMap((file) => readCodes(parseCode(file).program));

test('the page lists every code of the sources and no other', () => {
  const codes = new Set([...produced.map(({ code }) => code), ...Object.keys(BUS_CODES), ...Object.keys(HTTP_CODES)]);
  expect(codes.size).toBeGreaterThan(20);
  expect([...readDocumented().keys()].sort()).toEqual([...codes].sort());
});

test('the page gives the status of each error', () => {
  const documented = readDocumented();
  const answered = Object.entries(HTTP_CODES).map(([code, [status]]) => ({ code, status }));
  const wrong = [...produced, ...answered]
    .filter(({ code, status }) => status !== undefined && documented.get(code) !== String(status))
    .map(({ code, status }) => `${code} answers ${status}, documented as ${documented.get(code)}`);
  expect(wrong).toEqual([]);
});
