// docs/verdict.md: its tables are the checks and the broken variants as the code has them.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHECKS } from '../../src/verification/checks/checks.ts';
import { VARIANTS } from '../../src/verification/self-test/variants.ts';

const page = readFileSync(new URL('../../docs/verdict.md', import.meta.url), 'utf8');
const code = (name: string) => `\`${name}\``;

test('every check stands on the page with its rule', () => {
  const rows = Object.entries(CHECKS).map(([name, rule]) => `| ${code(name)} | ${rule} |`);
  for (const row of rows) expect(page).toContain(row);
});

test('every broken variant stands on the page with what must fail', () => {
  for (const { name, check, follow } of VARIANTS)
    expect(page).toContain(`| ${name} | ${code(check)} | ${follow.map(code).join(', ')} |`);
});
