// Paced values: how often they are computed, what their readers are given meanwhile, and what a failure does.

import { createEnv, silentLogger } from 'faultline';
import { expect, test } from 'vitest';
import { createPaced, createPacedMap } from '../../src/model/throttled.ts';

/** A clock that is moved by hand, and a computation that takes as long as it is told to. */
function bench() {
  let now_ms = 0;
  let computed = 0;
  const env = createEnv(silentLogger, { monotonicMs: () => now_ms });
  const takes = { ms: 0, fails: false };
  const paced = createPaced(env, async () => {
    computed += 1;
    const value = computed;
    now_ms += takes.ms;
    await Promise.resolve();
    if (takes.fails) throw new Error('no');
    return value;
  });
  const wait = (ms: number) => {
    now_ms += ms;
  };
  return { paced, takes, wait, count: () => computed };
}

/** Lets a computation that nobody waits for come to its end. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('readers at one time share one computation', async () => {
  const { paced, count } = bench();
  expect(await Promise.all(Array.from({ length: 50 }, () => paced.read()))).toEqual(Array(50).fill(1));
  expect(count()).toBe(1);
});

test('within a second it is not computed again', async () => {
  const { paced, wait, count } = bench();
  await paced.read();
  wait(999);
  expect(await paced.read()).toBe(1);
  expect(count()).toBe(1);
});

test('after a second the reader has the last value at once, and the next has the new one', async () => {
  const { paced, wait } = bench();
  await paced.read();
  wait(1_001);
  expect(await paced.read()).toBe(1);
  await settle();
  expect(await paced.read()).toBe(2);
});

test('a value that takes long is computed the more rarely: ten times its own duration', async () => {
  const { paced, takes, wait, count } = bench();
  takes.ms = 500;
  await paced.read();
  wait(4_999);
  await paced.read();
  await settle();
  expect(count()).toBe(1);
  wait(2);
  await paced.read();
  await settle();
  expect(count()).toBe(2);
});

test('a value too old to show is waited for', async () => {
  const { paced, wait } = bench();
  await paced.read();
  wait(3_001);
  expect(await paced.read()).toBe(2);
});

test('a value the reader cannot accept is computed again, however young', async () => {
  const { paced, count } = bench();
  await paced.read();
  expect(await paced.read((value) => value >= 2)).toBe(2);
  expect(count()).toBe(2);
});

test('a computation that began before what the reader knows of is not enough', async () => {
  const { paced, count } = bench();
  const first = paced.read();
  expect(await paced.read((value) => value >= 2)).toBe(2);
  expect(await first).toBe(1);
  expect(count()).toBe(2);
});

test('a failure reaches whoever waits, and the next reader tries again', async () => {
  const { paced, takes, wait } = bench();
  takes.fails = true;
  await expect(paced.read()).rejects.toThrow('no');
  takes.fails = false;
  expect(await paced.read()).toBe(2);
  takes.fails = true;
  wait(1_001);
  expect(await paced.read()).toBe(2);
  await settle();
  wait(5_000);
  await expect(paced.read()).rejects.toThrow('no');
});

test('of many keys the least recently read are forgotten', async () => {
  const computed: string[] = [];
  const env = createEnv(silentLogger);
  const map = createPacedMap(env, async (key) => computed.push(key), 2);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await map.of(key).read();
  expect(computed).toEqual(['a', 'b', 'c', 'b']);
});
