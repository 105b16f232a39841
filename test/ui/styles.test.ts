// ui/src/styles.ts imports the styles of each Mantine component in use. A missing one is drawn without styles, and no compiler notices.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const source = join(root, 'ui', 'src');
const styles = join(root, 'node_modules', '@mantine', 'core', 'styles');

function importedComponents(): string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.tsx'));
  const names = files.flatMap((path) => {
    const [, list = ''] =
      /import \{([^}]*)\} from '@mantine\/core'/.exec(readFileSync(join(source, path), 'utf8')) ?? [];
    return list.split(',').map((name) => name.replace(/^\s*type\s/, '').trim());
  });
  return [...new Set(names)].filter((name) => existsSync(join(styles, `${name}.css`))).sort();
}

test('every Mantine component in use has its styles', () => {
  const imported = readFileSync(join(source, 'styles.ts'), 'utf8');
  const components = importedComponents();
  expect(components.length).toBeGreaterThan(20);
  expect(components.filter((name) => !imported.includes(`/styles/${name}.css'`))).toEqual([]);
});
