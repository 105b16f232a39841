// docs/architecture.md knows every folder, and names no file that is not there.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readTree } from '../support/tidy/tree.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const named = [...page.matchAll(/`((?:src|sql|reporting|ui|scripts|bench|test|docs)(?:\/[\w.*-]+)*)`/g)].map(
  (match) => match[1] ?? '',
);

test('every folder of the sources is named', () => {
  // Of the page and of the application only the first level: below it are pages, and parts of a drawing.
  const folders = readTree(root).flatMap(
    ({ path }) => /^(src\/.+|reporting\/[^/]+|ui\/src\/[^/]+)\//.exec(path)?.[1] ?? [],
  );
  expect(new Set(folders).size).toBeGreaterThan(10);
  expect([...new Set(folders)].filter((folder) => !named.includes(folder))).toEqual([]);
});

test('what is named is there', () => {
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !path.includes('*') && !existsSync(join(root, path)))).toEqual([]);
});
