// Every guarantee names tests that hold it, and the tests it names are there.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../docs/', import.meta.url));
const page = readFileSync(`${folder}guarantees.md`, 'utf8');
const sections = page.split(/^## /m).slice(1);
const named = [...page.matchAll(/^- \[[^\]]+\]\(([^)]+)\): "(.+)"$/gm)].map(([, file = '', title = '']) => ({
  file,
  title,
}));

test('every guarantee is held by a test', () => {
  expect(sections.length).toBeGreaterThan(9);
  const unheld = sections.filter((section) => !/^What is not guaranteed/.test(section) && !/^- \[/m.test(section));
  expect(unheld.map((section) => section.split('\n')[0])).toEqual([]);
});

test('the tests are there, by these names', () => {
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter(({ file, title }) => {
    if (!existsSync(folder + file)) return true;
    // Where a title is written as a string with quotes in it, they are escaped there.
    return !readFileSync(folder + file, 'utf8')
      .replaceAll('\\', '')
      .includes(title);
  });
  expect(missing).toEqual([]);
});
