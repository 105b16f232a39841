// Waiting: returns what was awaited, and says what was seen when it did not come.

import { expect, test } from 'vitest';
import { signal, until } from './until.ts';

test('returns the first truthy answer', async () => {
  let looks = 0;
  expect(await until('three looks', () => ++looks === 3 && looks)).toBe(3);
});

test('a look that throws counts as not yet', async () => {
  let looks = 0;
  const look = () => {
    if (++looks < 3) throw new Error('not there');
    return 'there';
  };
  expect(await until('it is there', look)).toBe('there');
});

test('fails at the deadline with what was last seen', async () => {
  const waiting = until('the count is right', () => ({ count: 3 }).count === 4, { deadline_ms: 30, every_ms: 5 });
  await expect(waiting).rejects.toThrow(/^Waited 30 ms \(\d+ looks\) until the count is right; last seen: false$/);
});

test('fails at the deadline with the last error', async () => {
  const look = () => Promise.reject(new Error('no such table'));
  await expect(until('the table exists', look, { deadline_ms: 30 })).rejects.toThrow(/an error: Error: no such table/);
});

test('a signal brings its value, or fails by its name', async () => {
  const fired = signal<number>('a number');
  fired.fire(7);
  expect(await fired.promise).toBe(7);
  await expect(signal('never fired', { deadline_ms: 10 }).promise).rejects.toThrow(
    'No signal within 10 ms: never fired',
  );
});
