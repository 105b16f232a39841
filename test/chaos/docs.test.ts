// docs/chaos.md is true: its worked example comes out of the code, and its list of fields and faults is complete.

import { readFileSync } from 'node:fs';
import { commandBehaviorSchema } from 'faultline/chaos';
import { expect, test } from 'vitest';
import { decide } from '../../src/chaos/decide.ts';
import { FAULTS } from '../../src/chaos/faults/index.ts';
import { roll } from '../../src/chaos/roll.ts';

const page = readFileSync(new URL('../../docs/chaos.md', import.meta.url), 'utf8');
const source = { seed: 'spring-tide', key: 6, step: 'render' };

test('every line of the worked example', () => {
  const lines = [...page.matchAll(/^\| (\d) \| (\w+) \| (\d+) \| (0\.\d+) \| ([\d.]*) ?\| (.+) \|$/gm)];
  expect(lines).toHaveLength(6);
  for (const [, attempt, fault, bits, drawn, below, comment] of lines) {
    const expected = roll(source.seed, source.key, source.step, Number(attempt), String(fault));
    expect([Number(bits), Number(drawn)]).toEqual([expected * 2 ** 53, expected]);
    if (below) expect(comment?.startsWith('hits')).toBe(expected < Number(below));
  }
});

test('the outcome of the worked example', () => {
  const behavior = commandBehaviorSchema.parse(JSON.parse(/^`(\{"fail_permanent_pct".*\})`:$/m.exec(page)?.[1] ?? ''));
  expect(decide(behavior, { ...source, attempt: 1 })).toEqual({ kind: 'transient', duration_ms: 0 });
  expect(decide(behavior, { ...source, attempt: 2 })).toEqual({ kind: 'none', duration_ms: 145 });
});

test('every field has its line, and the faults stand in their order', () => {
  const table = page.slice(page.indexOf('| field |'), page.indexOf('A process has one behavior'));
  const documented = [...table.matchAll(/`(\w+)`/g)].map((match) => match[1]);
  for (const field of Object.keys(commandBehaviorSchema.shape)) expect(documented).toContain(field);
  const order = [...page.matchAll(/^\d+\. `(\w+)`$/gm)].map((match) => match[1]);
  expect(order).toEqual(FAULTS.map(({ name }) => name));
});
