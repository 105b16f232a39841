// Signs of life: one that gives none is noticed, one that gives them is left alone, and a watch that was held up blames no one.

import { afterEach, expect, test } from 'vitest';
import { unresponsiveOption } from '../../src/cli/start.ts';
import { giveSigns, type Watch, watchLife } from '../../src/model/liveness.ts';
import { signal, until } from '../support/until.ts';

const watches: Watch[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop();
});

function watch(silent_ms: number, loading_ms = silent_ms) {
  const silent = signal<number>('silence');
  const made = watchLife({ silent_ms, loading_ms, onSilent: (ms) => silent.fire(ms) });
  watches.push(made);
  return { ...made, silent: silent.promise };
}

test('one that never gives a sign is noticed, with how long that was', async () => {
  expect(await watch(100).silent).toBeGreaterThan(100);
});

test('while it loads it has longer, whatever signs it gave', async () => {
  const fast = watch(50);
  const loading = watch(50, 3_600_000);
  loading.sign(false);
  let silent = false;
  const noticed = loading.silent.then(() => {
    silent = true;
  });
  await fast.silent;
  // As long again, so that the other, were it no longer loading, would have been noticed.
  await watch(50).silent;
  expect(silent).toBe(false);
  loading.sign(true);
  await noticed;
});

test('anyone who gives signs is left alone', async () => {
  const alive = watch(3_000);
  let silent = false;
  void alive.silent.then(
    () => {
      silent = true;
    },
    () => {},
  );
  let signs = 0;
  await new Promise<void>((done) => {
    giveSigns(() => {
      alive.sign(true);
      if (++signs === 5) done();
    });
  });
  expect(silent).toBe(false);
}, 60_000);

test('a watch that was itself held up blames no one', async () => {
  const watched = watch(400);
  watched.sign(true);
  let silent = false;
  void watched.silent.then(
    () => {
      silent = true;
    },
    () => {},
  );
  const until_ms = performance.now() + 1_200;
  while (performance.now() < until_ms);
  // Timers that are due come first, signs that arrived meanwhile after them.
  let looks = 0;
  await until('the timers that are due have run', () => ++looks === 3, { every_ms: 1 });
  watched.sign(true);
  expect(silent).toBe(false);
});

test('no limit can be set that a single late sign would pass', () => {
  const parse = (text: string) => unresponsiveOption().parseArg?.(text, 0);
  expect(parse('3000')).toBe(3_000);
  expect(() => parse('2999')).toThrow('3000');
});
