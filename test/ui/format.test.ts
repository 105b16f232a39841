// Numbers and durations for people: one way of writing each, and durations that are read back as they were.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  capitalize,
  formatCount,
  formatDuration,
  formatPercent,
  humanize,
  parseDuration,
  shortId,
  writeDuration,
} from '../../ui/src/parts/format.ts';

test.each([
  [0, '0 ms'],
  [35.4, '35 ms'],
  [1_204, '1.2 s'],
  [42_260, '42.3 s'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
  [356_400_000, '4 d 3 h'],
])('%d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('parseDuration reads back what writeDuration writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400_000 }), (ms) => {
      expect(parseDuration(writeDuration(ms))).toBe(ms);
    }),
  );
  expect([60_000, 1_500, 0].map(writeDuration)).toEqual(['1 min', '1500 ms', '0 ms']);
});

test.each([
  [0, '0 %'],
  [0.004, '< 0.01 %'],
  [0.25, '0.25 %'],
  [5, '5 %'],
  [62.54, '62.5 %'],
  [99.999, '> 99.99 %'],
  [100, '100 %'],
])('a share of %d is %s', (percent, text) => {
  expect(formatPercent(percent)).toBe(text);
});

test('counts have thousands separators, names become words, short ids keep their end', () => {
  expect(formatCount(100_000)).toBe('100,000');
  expect(['from_date', 'StatementReport', 'query'].map(humanize)).toEqual(['From date', 'Statement report', 'Query']);
  expect(shortId('0198c0de-0000-7000-8000-00000000abcd')).toBe('0198…0000abcd');
});

test('a name within words keeps its letters', () => {
  expect(capitalize('PostgreSQL paused')).toBe('PostgreSQL paused');
  expect(capitalize('connections terminated')).toBe('Connections terminated');
  expect(capitalize('')).toBe('');
});
