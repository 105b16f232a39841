// Settings at run time: stored in part, heard of by every process without a restart, and weaker than what a process was told.

import { describe, expect, test } from 'vitest';
import { changeSettings, showSettings } from '../../src/bus/settings.ts';
import { readSettings } from '../../src/db/queries/settings.ts';
import { DEFAULT_SETTINGS, settingsOf } from '../../src/model/settings.ts';
import { until } from '../support/until.ts';
import { commands, countOf, heldHandler, openLab } from './lab.ts';

const ADA = { actor: 'Ada' };

describe('settings', () => {
  test('are changed in part, and null gives one back to its default', async () => {
    const { bus } = await openLab();
    expect(bus.settings()).toEqual(DEFAULT_SETTINGS);
    await changeSettings(bus, { slots: 7, retry: { backoff_ms: [1, 2] }, retention: { prune_after_days: 30 } }, ADA);
    await changeSettings(bus, { lease_ms: 5_000, retry: { jitter_pct: 20 } }, ADA);
    const changed = {
      ...DEFAULT_SETTINGS,
      slots: 7,
      lease_ms: 5_000,
      retry: { max_attempts: 3, backoff_ms: [1, 2], jitter_pct: 20 },
      retention: { prune_after_days: 30 },
    };
    expect(bus.settings()).toEqual(changed);
    const shown = showSettings(await readSettings(bus.pool));
    expect(shown['retry.backoff_ms']).toEqual({ value: [1, 2], default: [10_000, 60_000, 300_000], source: 'stored' });
    expect(shown['retry.max_attempts']).toEqual({ value: 3, default: 3, source: 'default' });
    await changeSettings(bus, { slots: null, retry: { backoff_ms: null }, retention: { prune_after_days: null } }, ADA);
    expect(bus.settings()).toEqual({
      ...DEFAULT_SETTINGS,
      lease_ms: 5_000,
      retry: { ...DEFAULT_SETTINGS.retry, jitter_pct: 20 },
    });
    expect((await readSettings(bus.pool)).value).toEqual({ lease_ms: 5_000, retry: { jitter_pct: 20 }, retention: {} });
  });

  test('of many who change different ones at the same time all are heard', async () => {
    const lab = await openLab();
    const others = await Promise.all([lab.openAnother(), lab.openAnother()]);
    const buses = [lab.bus, ...others.map(({ bus }) => bus)];
    const patches = [
      { slots: 5 },
      { poll_ms: 500 },
      { drain_ms: 1 },
      { lease_ms: 900 },
      { retry: { max_attempts: 9 } },
      { retry: { jitter_pct: 9 } },
      { retry: { backoff_ms: [9] } },
      { retention: { prune_after_days: 9 } },
    ];
    await Promise.all(patches.map((patch, index) => changeSettings(buses[index % 3] as typeof lab.bus, patch, ADA)));
    const all = {
      slots: 5,
      poll_ms: 500,
      drain_ms: 1,
      lease_ms: 900,
      retry: { max_attempts: 9, jitter_pct: 9, backoff_ms: [9] },
      retention: { prune_after_days: 9 },
    };
    expect((await readSettings(lab.bus.pool)).value).toEqual(all);
    for (const bus of buses)
      await until(
        'every process knows',
        () => JSON.stringify(bus.settings()).length === JSON.stringify(all).length && bus.settings().lease_ms === 900,
      );
  });

  test.each([
    [{ slots: 0 }, 'slots'],
    [{ slots: 10_001 }, 'slots'],
    [{ poll_ms: 9.5 }, 'poll_ms'],
    [{ lease_ms: 499 }, 'lease_ms'],
    [{ retry: { max_attempts: 101 } }, 'retry.max_attempts'],
    [{ retry: { backoff_ms: [] } }, 'retry.backoff_ms'],
    [{ retry: { backoff_ms: [1, -1] } }, 'retry.backoff_ms.1'],
    [{ retry: { jitter_pct: 101 } }, 'retry.jitter_pct'],
    [{ retention: { prune_after_days: 0 } }, 'retention.prune_after_days'],
  ])('out of bounds are refused by their path, and nothing is stored: %j', async (patch, path) => {
    const { bus } = await openLab();
    await expect(changeSettings(bus, { drain_ms: 5, ...patch }, ADA)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ path }],
    });
    expect(await readSettings(bus.pool)).toEqual({ value: {}, updated_at: null });
  });

  test('stored by another hand and unusable are as good as absent', () => {
    const stored = { slots: 'many', poll_ms: 70, retry: { backoff_ms: [1, 'x'], max_attempts: 4 }, lease_ms: -1 };
    expect(settingsOf(stored as never)).toEqual({
      ...DEFAULT_SETTINGS,
      poll_ms: 70,
      retry: { ...DEFAULT_SETTINGS.retry, max_attempts: 4 },
    });
  });
});

describe('C08: slots that change while workers run', () => {
  test('grow at once, and shrink as attempts end', async () => {
    const { calls, handler } = heldHandler();
    const lab = await openLab({ handler });
    const elsewhere = await lab.openAnother();
    await changeSettings(lab.bus, { slots: 2 }, ADA);
    await lab.send(...commands(12));
    await lab.work({ poll_ms: 60_000 });
    await until('two run', () => calls.length === 2);
    // By another process, as the server is.
    await changeSettings(elsewhere.bus, { slots: 5 }, ADA);
    await until('five run', () => calls.length === 5);
    await changeSettings(elsewhere.bus, { slots: 1 }, ADA);
    await until('the worker knows', () => lab.bus.settings().slots === 1);
    for (const call of calls.slice(0, 4)) call.end();
    await until('four are done', async () => (await countOf(lab, 'COMPLETED')) === 4);
    expect(calls).toHaveLength(5);
    calls[4]?.end();
    await until('one more runs', () => calls.length === 6);
    // The fifth may be settled after the sixth has begun.
    await until('one is under way', async () => (await countOf(lab, 'IN_PROGRESS')) === 1);
    calls[5]?.end();
  });

  test('found by polling alone within a round', async () => {
    const { calls, handler } = heldHandler();
    const lab = await openLab({ handler, listen: false });
    const elsewhere = await lab.openAnother({ listen: false });
    await changeSettings(lab.bus, { slots: 1 }, ADA);
    await lab.send(...commands(3));
    await lab.work();
    await until('one runs', () => calls.length === 1);
    await changeSettings(elsewhere.bus, { slots: 3 }, ADA);
    await until('three run', () => calls.length === 3);
    for (const call of calls) call.end();
  });

  test('a worker that was told otherwise keeps to that, domain by domain', async () => {
    const { calls, handler } = heldHandler();
    const lab = await openLab({ handler });
    lab.service.registry.register('small', 'Work', handler).register('else', 'Work', handler);
    await changeSettings(lab.bus, { slots: 4 }, ADA);
    for (const domain of ['lab', 'small', 'else']) await lab.send(...commands(9, { domain }));
    await lab.work({ domains: ['lab', 'small', 'else'], slots: { small: 2, lab: 3 } });
    const running = () =>
      ['lab', 'small', 'else'].map((of) => calls.filter(({ command }) => command.domain === of).length);
    await until('each has what it may', () => running().join() === '3,2,4');
    await changeSettings(lab.bus, { slots: 6 }, ADA);
    await until('who was told nothing follows', () => running().join() === '3,2,6');
    for (const call of calls) call.end();
  });

  test.each([
    [{ lab: 0 }, /slots of lab must be a whole number from 1 to 10000, not 0/],
    [{ '*': 10_001 }, /slots of \* must be/],
    [2.5, /slots of \* must be/],
    [{ labb: 5 }, /domain labb, which is not one of this worker/],
  ])('%j are refused before anything runs', async (slots, message) => {
    const lab = await openLab({ handler: () => null });
    await expect(lab.work({ slots })).rejects.toThrow(message);
  });
});
