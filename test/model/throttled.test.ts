// Throttled values: how often they are computed, what their readers are given meanwhile, and what a failure does.

import { createEnv, silentLogger } from 'faultline';
import { expect, test } from 'vitest';
import { createThrottled, createThrottledMap } from '../../src/model/throttled.ts';

/** A clock that is moved by hand, and a computation that takes as long as it is told to. */
function bench() {
  let now_ms = 0;
  let computed = 0;
  const env = createEnv(silentLogger, { monotonicMs: () => now_ms });
  const takes = { ms: 0, fails: false };
  const throttled = createThrottled(env, async () => {
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
  return { throttled, takes, wait, count: () => computed };
}

/** Lets a computation that no one waits for come to its end. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('readers at one time share one computation', async () => {
  const { throttled, count } = bench();
  expect(await Promise.all(Array.from({ length: 50 }, () => throttled.read()))).toEqual(Array(50).fill(1));
  expect(count()).toBe(1);
});

test('within a second it is not computed again', async () => {
  const { throttled, wait, count } = bench();
  await throttled.read();
  wait(999);
  expect(await throttled.read()).toBe(1);
  expect(count()).toBe(1);
});

test('after a second the reader has the last value at once, and the next has the new one', async () => {
  const { throttled, wait } = bench();
  await throttled.read();
  wait(1_001);
  expect(await throttled.read()).toBe(1);
  await settle();
  expect(await throttled.read()).toBe(2);
});

test('a value that takes long is computed the more rarely: ten times its own duration', async () => {
  const { throttled, takes, wait, count } = bench();
  takes.ms = 500;
  await throttled.read();
  wait(4_999);
  await throttled.read();
  await settle();
  expect(count()).toBe(1);
  wait(2);
  await throttled.read();
  await settle();
  expect(count()).toBe(2);
});

test('a value too old to show is waited for', async () => {
  const { throttled, wait } = bench();
  await throttled.read();
  wait(3_001);
  expect(await throttled.read()).toBe(2);
});

test('a value the reader cannot accept is computed again, however young', async () => {
  const { throttled, count } = bench();
  await throttled.read();
  expect(await throttled.read((value) => value >= 2)).toBe(2);
  expect(count()).toBe(2);
});

test('a computation that began before what the reader knows of is not enough', async () => {
  const { throttled, count } = bench();
  const first = throttled.read();
  expect(await throttled.read((value) => value >= 2)).toBe(2);
  expect(await first).toBe(1);
  expect(count()).toBe(2);
});

test('a failure reaches anyone who waits, and the next reader tries again', async () => {
  const { throttled, takes, wait } = bench();
  takes.fails = true;
  await expect(throttled.read()).rejects.toThrow('no');
  takes.fails = false;
  expect(await throttled.read()).toBe(2);
  takes.fails = true;
  wait(1_001);
  expect(await throttled.read()).toBe(2);
  await settle();
  wait(5_000);
  await expect(throttled.read()).rejects.toThrow('no');
});

test('of many keys the least recently read are forgotten', async () => {
  const computed: string[] = [];
  const env = createEnv(silentLogger);
  const map = createThrottledMap(env, async (key) => computed.push(key), 2);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await map.of(key).read();
  expect(computed).toEqual(['a', 'b', 'c', 'b']);
});
