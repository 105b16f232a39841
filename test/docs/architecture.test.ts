// docs/architecture.md names every folder, draws the import zones, and refers only to files and functions that exist.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readTree } from '../support/tidy/tree.ts';
import { renderLayers } from './render-layers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const named = [...page.matchAll(/`((?:src|sql|reporting|ui|scripts|bench|test|docs)(?:\/[\w.*-]+)*)`/g)].map(
  (match) => match[1] ?? '',
);

test('the page names every source folder', () => {
  // Of the page and the application only the first level: below it are pages and parts of a drawing.
  const folders = readTree(root).flatMap(
    ({ path }) => /^(src\/.+|reporting\/[^/]+|ui\/src\/[^/]+)\//.exec(path)?.[1] ?? [],
  );
  expect(new Set(folders).size).toBeGreaterThan(10);
  expect([...new Set(folders)].filter((folder) => !named.includes(folder))).toEqual([]);
});

test('every named path exists', () => {
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !path.includes('*') && !existsSync(join(root, path)))).toEqual([]);
});

test('the drawing shows the import zones (paste what is rendered)', () => {
  expect(/```mermaid\n[\s\S]*?```/.exec(page)?.[0]).toBe(renderLayers());
});

test('every row of "Where does it happen?" names a declaration of its file', () => {
  const rows = [...page.matchAll(/^\| .+ \| `(src\/[^`]+)` \| `(\w+)` \|$/gm)];
  expect(rows.length).toBeGreaterThan(20);
  const missing = rows.filter(([, file = '', name = '']) => {
    const declared = new RegExp(`(function\\*?|class|const|interface|type) ${name}\\b|^  (async )?#?${name}\\(`, 'm');
    return !existsSync(join(root, file)) || !declared.test(readFileSync(join(root, file), 'utf8'));
  });
  expect(missing.map(([, file, name]) => `${file} ${name}`)).toEqual([]);
});
