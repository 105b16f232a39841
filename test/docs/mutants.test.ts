// docs/mutants.md matches the list of mutants, and every mutant still matches the sources.
// `npm run mutants` checks that tests notice them, which takes minutes.

import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Mutant, renderMutants } from './render-mutants.ts';

const root = new URL('../../', import.meta.url);
const page = new URL('docs/mutants.md', root);

const mutants: Mutant[] = JSON.parse(readFileSync(new URL('test/conformance/mutants.json', root), 'utf8'));

test('docs/mutants.md is what the list renders to (update: npm run docs)', async () => {
  expect(existsSync(page)).toBe(true);
  await expect(renderMutants(mutants)).toMatchFileSnapshot(page.pathname);
});

test('each mutant has a unique name and matches its file exactly once', () => {
  expect(mutants.length).toBeGreaterThan(40);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  const unmatched = mutants.filter(({ file, find, replace }) => {
    const source = readFileSync(new URL(file, root), 'utf8');
    return find === replace || source.split(find).length !== 2;
  });
  expect(unmatched.map(({ name }) => name)).toEqual([]);
});

test('each mutant names an existing test that noticed it', () => {
  const unheld = mutants.filter(({ tests, caught_by }) => {
    const [file = '', title = ''] = caught_by?.split(/: (.*)/s) ?? [];
    if (!tests.includes(file) || !existsSync(new URL(file, root))) return true;
    // The name of a test includes the names of its groups, and titles from a table are in no file.
    return title === '';
  });
  expect(unheld.map(({ name }) => name)).toEqual([]);
});
