// Every row of the checklist names tests that prove it. The tests exist, and their titles name the row.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../docs/', import.meta.url));
const page = readFileSync(`${folder}checklist.md`, 'utf8');
const rows = [...page.matchAll(/^\| ([A-Z]\d\d) \| (.+) \| (.*) \|$/gm)].map(([, id = '', , proof = '']) => ({
  id,
  planned: proof === 'planned',
  named: [...proof.matchAll(/\[[^\]]+\]\(([^)]+)\): "(.+?)"(?=<br>|$)/g)].map(([, file = '', title = '']) => ({
    file,
    title,
  })),
}));
const ids = (letter: string, count: number) =>
  Array.from({ length: count }, (_, index) => letter + String(index + 1).padStart(2, '0'));

/** Titles in a file: the text literals that are the first of several arguments, unescaped. */
function titlesIn(file: string): string[] {
  if (!existsSync(folder + file)) return [];
  const calls = readFileSync(folder + file, 'utf8').matchAll(/\(\s*(['"`])((?:\\.|(?!\1).)+)\1\s*,/gs);
  return [...calls].map(([, , title = '']) => title.replaceAll('\\', ''));
}

test('the checklist has all rows, each once and in order', () => {
  expect(rows.map(({ id }) => id)).toEqual([...ids('C', 21), ...ids('B', 8), ...ids('T', 4), ...ids('P', 10)]);
});

test('tests whose titles name the row prove every row that is not planned', () => {
  const unproved = rows.filter(({ id, named }) => !named.some(({ title }) => new RegExp(`\\b${id}\\b`).test(title)));
  expect(unproved.map(({ id }) => id)).toEqual(['P07', 'P08']);
  expect(rows.filter(({ planned }) => planned).map(({ id }) => id)).toEqual(['P07', 'P08']);
});

test('the named tests exist under these titles', () => {
  const missing = rows.flatMap(({ id, named }) =>
    named.filter(({ file, title }) => !titlesIn(file).includes(title)).map((test) => ({ id, ...test })),
  );
  expect(missing).toEqual([]);
});
