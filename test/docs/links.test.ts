// Every relative link of a document leads to a file of the project.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readTree } from '../support/tidy/tree.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('no link is broken', () => {
  const documents = readTree(root).filter(({ path }) => path.endsWith('.md'));
  const links = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s#]+)(#[^)]*)?\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => ({ path, target, file: join(root, dirname(path), target) })),
  );
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter(({ file }) => !existsSync(file)).map(({ path, target }) => `${path} -> ${target}`)).toEqual([]);
});
