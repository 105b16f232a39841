// docs/mutants.md says what the list of mutants says, and no mutant of the list has lost its place in the sources.
// Whether each is noticed takes minutes to find out: `npm run mutants`.

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

test('each has a name of its own and stands in its file exactly once', () => {
  expect(mutants.length).toBeGreaterThan(40);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  const astray = mutants.filter(({ file, find, replace }) => {
    const source = readFileSync(new URL(file, root), 'utf8');
    return find === replace || source.split(find).length !== 2;
  });
  expect(astray.map(({ name }) => name)).toEqual([]);
});

test('each was noticed by a test that is there', () => {
  const unheld = mutants.filter(({ tests, caught_by }) => {
    const [file = '', title = ''] = caught_by?.split(/: (.*)/s) ?? [];
    if (!tests.includes(file) || !existsSync(new URL(file, root))) return true;
    // The name of a test begins with those of the groups it stands in; titles made from a table stand in no file as they are.
    return title === '';
  });
  expect(unheld.map(({ name }) => name)).toEqual([]);
});
