// Every guarantee names tests that prove it, each once, and these tests exist.

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

test('every guarantee names a test', () => {
  expect(sections.length).toBeGreaterThan(9);
  const unproved = sections.filter((section) => !/^What is not guaranteed/.test(section) && !/^- \[/m.test(section));
  expect(unproved.map((section) => section.split('\n')[0])).toEqual([]);
});

test('no guarantee names a test twice', () => {
  const repeated = sections.flatMap((section) => {
    const lines: string[] = section.match(/^- \[.+$/gm) ?? [];
    return lines.filter((line, index) => lines.indexOf(line) !== index);
  });
  expect(repeated).toEqual([]);
});

test('the named tests exist under these titles', () => {
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter(({ file, title }) => {
    if (!existsSync(folder + file)) return true;
    // A title with quotes is escaped in its source.
    return !readFileSync(folder + file, 'utf8')
      .replaceAll('\\', '')
      .includes(title);
  });
  expect(missing).toEqual([]);
});
