// Rolls: fixed vectors from another implementation, and what holds for all of them.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAULTS } from '../../src/chaos/faults/index.ts';
import { hits, roll } from '../../src/chaos/roll.ts';
import { sourceArbitrary } from './arbitraries.ts';

// From python3: n = int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], 'big') >> 3, and the roll is n / 2**53.
const VECTORS: [
  seed: string,
  key: string | number,
  step: string,
  attempt: number,
  fault: string,
  n: number,
  roll: number,
][] = [
  ['0123456789abcdef', 0, 'query', 1, 'permanent', 700188927762387, 0.07773658691894025],
  ['0123456789abcdef', 0, 'query', 2, 'permanent', 2575577322905669, 0.28594652455922953],
  ['0123456789abcdef', 99999, 'render', 1, 'timeout', 8340986042529467, 0.9260354752493279],
  ['demo', 7, 'aggregation', 1, 'business_rule', 100055107539042, 0.011108348412119051],
  ['demo', 7, 'query#2', 1, 'duration', 1851196254543086, 0.2055240704893586],
  [
    '0190a0c0-0000-7000-8000-000000000001',
    '0190a0c0-0000-7000-8000-000000000001',
    'Überweisung',
    1,
    'transient',
    8461598448172103,
    0.9394261422293163,
  ],
  ['a.b_c-D', 1, 'x', 100, 'duration', 8794611600897178, 0.9763980291951555],
];

test.each(VECTORS)('%s:%s:%s:%i:%s', (seed, key, step, attempt, fault, n, expected) => {
  expect(roll(seed, key, step, attempt, fault)).toBe(expected);
  expect(roll(seed, key, step, attempt, fault) * 2 ** 53).toBe(n);
});

const draw = fc.tuple(
  sourceArbitrary,
  fc.constantFrom('permanent', 'transient', 'business_rule', 'timeout', 'duration'),
);

test('is in [0,1), has 53 bits and is the same again', () => {
  fc.assert(
    fc.property(draw, ([{ seed, key, step, attempt }, fault]) => {
      const drawn = roll(seed, key, step, attempt, fault);
      expect(drawn).toBeGreaterThanOrEqual(0);
      expect(drawn).toBeLessThan(1);
      expect(Number.isInteger(drawn * 2 ** 53)).toBe(true);
      expect(roll(seed, key, step, attempt, fault)).toBe(drawn);
    }),
  );
});

test('a number and its decimal are the same key', () => {
  expect(roll('s', 12, 'query', 1, 'timeout')).toBe(roll('s', '12', 'query', 1, 'timeout'));
});

test('every argument matters', () => {
  const drawn = [
    roll('s', 1, 'query', 1, 'timeout'),
    roll('t', 1, 'query', 1, 'timeout'),
    roll('s', 2, 'query', 1, 'timeout'),
    roll('s', 1, 'query#2', 1, 'timeout'),
    roll('s', 1, 'query', 2, 'timeout'),
    roll('s', 1, 'query', 1, 'transient'),
  ];
  expect(new Set(drawn).size).toBe(drawn.length);
});

test('100,000 rolls of one batch are spread evenly', () => {
  const tenths = new Array<number>(10).fill(0);
  for (let key = 0; key < 100_000; key++) tenths[Math.floor(roll('even', key, 'query', 1, 'timeout') * 10)]!++;
  // Five standard deviations of a binomial with n = 100,000, p = 0.1.
  for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(100_000 * 0.1 * 0.9));
});

const LARGEST = (2 ** 53 - 1) / 2 ** 53;

test('0 percent never hits, 100 percent always does', () => {
  expect([0, 0.5, LARGEST].map((drawn) => hits(0, drawn))).toEqual([false, false, false]);
  expect([0, 0.5, LARGEST].map((drawn) => hits(100, drawn))).toEqual([true, true, true]);
});

test('hits below the percentage, not at it', () => {
  expect([hits(50, 0.4999999), hits(50, 0.5), hits(0.001, 0), hits(25, 0.25)]).toEqual([true, false, true, false]);
});

test('what hits at some percentage hits at any higher one', () => {
  const unit = fc.double({ min: 0, max: LARGEST, noNaN: true });
  const percent = fc.double({ min: 0, max: 100, noNaN: true });
  fc.assert(
    fc.property(unit, percent, percent, (drawn, a, b) => {
      if (hits(Math.min(a, b), drawn)) expect(hits(Math.max(a, b), drawn)).toBe(true);
    }),
  );
});

const python = (...args: string[]) => ({
  run: (input: string) => spawnSync('python3', args, { input, encoding: 'utf8' }),
});

test.skipIf(python('--version').run('').status !== 0)(
  '1,000 of them are what a script in Python makes of the page',
  () => {
    const faults = [...FAULTS.map(({ name }) => name), 'duration', 'scope'];
    const asked = fc.sample(fc.tuple(sourceArbitrary, fc.constantFrom(...faults)), 1_000);
    const lines = asked.map(([{ seed, key, step, attempt }, fault]) =>
      JSON.stringify([seed, key, step, attempt, fault]),
    );
    const { stdout, stderr } = python(fileURLToPath(new URL('./rolls.py', import.meta.url))).run(lines.join('\n'));
    expect(stderr).toBe('');
    const drawn = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const expected = asked.map(([{ seed, key, step, attempt }, fault]) => roll(seed, key, step, attempt, fault));
    expect(drawn).toEqual(expected.map((each) => [each * 2 ** 53, each]));
  },
);
