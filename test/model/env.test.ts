// Ids and lanes: an id hits the lane it is asked to, is a version 7 uuid, and comes after every id before it.

import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { idOf, laneOf, newId } from '../../src/model/ids.ts';

afterEach(() => {
  vi.useRealTimers();
});

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The definition, in the plainest words: XOR of the 16 bytes, mod lanes. */
function laneByDefinition(id: string, lanes: number): number {
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
  return bytes.reduce((x, byte) => x ^ byte, 0) % lanes;
}

test('a wait ends with its time or its signal, and leaves nothing on the signal', async () => {
  const env = createEnv(silentLogger);
  const stop = new AbortController();
  await env.sleep(0, stop.signal);
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  const aborted = env.sleep(1e9, stop.signal);
  stop.abort();
  await aborted;
  await env.sleep(1e9, stop.signal);
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
});

test('laneOf is the XOR of the 16 bytes mod lanes', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 64 }), (id, lanes) => {
      expect(laneOf(id, lanes)).toBe(laneByDefinition(id, lanes));
    }),
  );
});

test('a new id hits every lane of every number of lanes up to 64', () => {
  for (let lanes = 1; lanes <= 64; lanes++) {
    for (let lane = 0; lane < lanes; lane++) {
      for (let i = 0; i < 8; i++) {
        const id = newId(lane, lanes);
        expect(id).toMatch(UUID_V7);
        expect(`${lanes} lanes: ${laneByDefinition(id, lanes)}`).toBe(`${lanes} lanes: ${lane}`);
      }
    }
  }
});

test('a lane leaves an id its randomness', () => {
  const lastBytes = new Set(Array.from({ length: 4_000 }, () => newId(3, 16).slice(-2)));
  // 16 of 256 bytes hit a given lane of 16, and which 16 depends on the other, random, bytes.
  expect(lastBytes.size).toBeGreaterThan(200);
});

test('ids ascend, within a millisecond and beyond what its counter holds', () => {
  const ids = Array.from({ length: 20_000 }, () => newId());
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
});

test('ids ascend when the clock is set back', () => {
  const before = newId();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
  const after = [newId(), newId()];
  expect([before, ...after]).toEqual([before, ...after].toSorted());
});

test('an id begins with the time it was made', () => {
  // Far ahead, because the clock of ids never goes back.
  const at = Date.UTC(2040, 0, 1);
  vi.useFakeTimers({ toFake: ['Date'], now: at });
  expect(Number.parseInt(newId().replaceAll('-', '').slice(0, 12), 16)).toBe(at);
});

test('idOf is a name: the same parts give the same id, parts do not run into each other', () => {
  expect(idOf('a', 'b')).toBe(idOf('a', 'b'));
  expect(idOf('a', 'b')).not.toBe(idOf('ab'));
  expect(idOf('a', 'b')).not.toBe(idOf('b', 'a'));
  expect(idOf('a', 'b')).toMatch(UUID_V8);
});
