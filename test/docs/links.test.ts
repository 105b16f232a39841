// Every relative link of a document leads to a file of the project, and every anchor to a heading.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readTree } from '../support/tidy/tree.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The anchors of a page, as GitHub makes them from its headings. */
function anchorsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

test('no link is broken', () => {
  const documents = readTree(root).filter(({ path }) => path.endsWith('.md'));
  const links = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s#]*)(?:#([^)]*))?\)/g)]
      .filter(([, target = '']) => !/^[a-z]+:/.test(target))
      .map(([, target, anchor]) => ({
        path,
        target,
        anchor,
        file: target ? join(root, dirname(path), target) : join(root, path),
      })),
  );
  expect(links.length).toBeGreaterThan(10);
  const broken = links.filter(
    ({ file, anchor }) => !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor)),
  );
  expect(broken.map(({ path, target, anchor = '' }) => `${path} -> ${target}#${anchor}`)).toEqual([]);
});
