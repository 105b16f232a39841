// docs/chaos.md is true: its worked example comes out of the code, and its list of fields and faults is complete.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from 'faultline';
import { commandBehaviorSchema } from 'faultline/chaos';
import { expect, onTestFinished, test } from 'vitest';
import { decide } from '../../src/chaos/decide.ts';
import { experimentSchema, inScope, STOP_METRICS } from '../../src/chaos/experiment.ts';
import type { Fault, FaultContext } from '../../src/chaos/faults/fault.ts';
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

test('the roll of the scope, and what it decides', () => {
  const [, drawn] = /ordinal 6 it\nis (0\.\d+)/.exec(page) ?? [];
  expect(Number(drawn)).toBe(roll('spring-tide', 6, 'process', 1, 'scope'));
  expect([25, 26].map((percent) => inScope(percent, 'spring-tide', 6))).toEqual([false, true]);
});

test('the example of an experiment, and every metric', () => {
  const [, example] = /^```json\n(.*?)^```$/ms.exec(page) ?? [];
  expect(experimentSchema.safeParse(JSON.parse(example ?? '')).success).toBe(true);
  for (const metric of STOP_METRICS) expect(page).toContain(`| \`${metric}\` |`);
});

test('every field has its line, and the faults stand in their order', () => {
  const table = page.slice(page.indexOf('| field |'), page.indexOf('A process has one behavior'));
  const documented = [...table.matchAll(/`(\w+)`/g)].map((match) => match[1]);
  for (const field of Object.keys(commandBehaviorSchema.shape)) expect(documented).toContain(field);
  const order = [...page.matchAll(/^\d+\. `(\w+)`$/gm)].map((match) => match[1]);
  expect(order).toEqual(FAULTS.map(({ name }) => name));
});

test('what each fault comes to, and whether its handler runs', () => {
  const WORDS: Record<string, string> = {
    transient: 'a transient failure',
    permanent: 'a permanent failure',
    business_rule: 'a business failure',
    lease_expired: 'an expired lease',
  };
  const rows = [...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| (does not run|begins|runs.*?) \| (.+?) \|$/gm)];
  const documented = rows.flatMap(([, names = '', handler, results_in]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => ({ name, handler, results_in })),
  );
  expect(documented.map(({ name }) => name).sort()).toEqual(FAULTS.map(({ name }) => name).sort());
  for (const { name, results_in } of documented) {
    const fault = FAULTS.find((kind) => kind.name === name);
    if (fault?.results_in !== 'success') expect([name, results_in]).toEqual([name, WORDS[fault?.results_in ?? '']]);
  }
});

test('the default code of every fault that fails is named in its line', async () => {
  const attempt = { logger: silentLogger, command: {} } as unknown as FaultContext['attempt'];
  for (const fault of FAULTS) {
    if (fault.results_in === 'success') continue;
    const line = page.split('\n').find((each) => each.startsWith(`| \`${fault.field}\` |`)) ?? '';
    const code = /Code `(\w+)`/.exec(line)?.[1];
    if (fault.results_in === 'lease_expired') expect([fault.name, code]).toEqual([fault.name, 'TIMED_OUT']);
    else {
      const context = {
        attempt,
        behavior: {},
        work: async () => {},
        withoutConnection: (work: () => unknown) => work(),
      };
      await expect(fault.inject(context as unknown as FaultContext)).rejects.toMatchObject({ code, fault: fault.name });
    }
  }
});

test('the example of a fault is whole, and does what it says', async () => {
  const [, example = ''] = /^ {3}```ts\n(.*?)^ {3}```$/ms.exec(page) ?? [];
  const lines = example.split('\n').map((line) => line.replace(/^ {3}/, ''));
  const folder = await mkdtemp(join(tmpdir(), 'faultline-fault-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const beside = fileURLToPath(new URL('../../src/chaos/faults/', import.meta.url));
  const file = join(folder, 'truncated-reply.ts');
  await writeFile(file, lines.join('\n').replaceAll(`from './`, `from '${beside}`));
  const { truncatedReplyFault: fault } = (await import(file)) as { truncatedReplyFault: Fault };

  const parts: Record<keyof Fault, true> = {
    name: true,
    field: true,
    order: true,
    percent: true,
    results_in: true,
    failure: true,
    delayed: true,
    inject: true,
  };
  expect(Object.keys(fault).sort()).toEqual(Object.keys(parts).sort());
  for (const part of Object.keys(parts)) expect(page).toContain(`| \`${part}\` |`);
  expect(fault.order).toBe(Math.max(...FAULTS.map(({ order }) => order)) + 1);
  expect(fault.percent({ truncated_reply_pct: 25 } as never, 1)).toBe(25);
  const marks: string[] = [];
  const attempt = { markFault: (name: string) => void marks.push(name) };
  const work = async () => ({ a: 1, b: 2, c: 3, d: 4 });
  expect(await fault.inject({ attempt, work } as unknown as FaultContext)).toEqual({ a: 1, b: 2 });
  expect(marks).toEqual(['truncated_reply']);
});
