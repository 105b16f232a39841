// C21: how a worker fares, as it says itself: what it noticed of the database and of itself, never what handlers came to.

import { describe, expect, test } from 'vitest';
import { DatabaseHealth } from '../../src/bus/database-health.ts';
import { assessHealth, type Signs } from '../../src/bus/health.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { PermanentCommandError } from '../../src/model/errors.ts';
import { until } from '../support/until.ts';
import { commands, countOf, heldHandler, type Lab, openLab, openTerminableLab } from './lab.ts';

const WELL: Signs = {
  zombies: 0,
  crowded_domain: null,
  away_ago_ms: null,
  failing: null,
  loop_delay_ms: 3,
  stuck_ms: 0,
};

const workerOf = async (lab: Lab) => (await lab.rows('select * from faultline.worker'))[0];

/** Ticks ten times as fast, so that a heartbeat comes every fifth of a second. */
const hasty = {
  after: (ms: number, callback: () => void, options?: { unref?: boolean }) =>
    createEnv(silentLogger).after(ms / 10, callback, options),
};

describe('C21: health', () => {
  test.each<[Partial<Signs>, string, RegExp | null]>([
    [{}, 'HEALTHY', null],
    [{ loop_delay_ms: 499, stuck_ms: 9_999, away_ago_ms: 30_000 }, 'HEALTHY', null],
    [{ zombies: 1 }, 'DEGRADED', /^A handler ignores its abort/],
    [{ zombies: 3 }, 'DEGRADED', /^3 handlers ignore their abort/],
    [{ away_ago_ms: 0 }, 'DEGRADED', /^The database was away 0 s ago/],
    [{ away_ago_ms: 29_000 }, 'DEGRADED', /^The database was away 29 s ago/],
    [{ failing: 'claiming failed, trying again' }, 'DEGRADED', /claiming failed/],
    [{ loop_delay_ms: 800 }, 'DEGRADED', /event loop: timers come 800 ms late/],
    [{ stuck_ms: 12_000 }, 'DEGRADED', /waited 12 s to be written/],
    [
      { zombies: 9, crowded_domain: 'payments', away_ago_ms: 0 },
      'CRITICAL',
      /^In payments more than half of the slots/,
    ],
  ])('of %j is %s', (signs, health, reason) => {
    const verified = assessHealth({ ...WELL, ...signs });
    expect(verified.health).toBe(health);
    if (reason === null) expect(verified.reason).toBe(null);
    else expect(verified.reason).toMatch(reason);
  });

  test('what fails three times within 15 s keeps failing; what fails now and then does not', () => {
    let now = 0;
    const log = new DatabaseHealth(createEnv(silentLogger, { monotonicMs: () => now }));
    const fail = (message: string) => log.reportError(new Error('no'), {}, message);
    fail('settling failed');
    fail('claiming failed');
    fail('settling failed');
    expect(log.failing()).toBe(null);
    now = 14_000;
    fail('settling failed');
    expect(log.failing()).toBe('settling failed');
    now = 15_001;
    expect(log.failing()).toBe(null);
    now = 40_000;
    fail('settling failed');
    expect(log.failing()).toBe(null);
  });

  test('the end of an outage is told once, with its length; what is no lost connection is none', () => {
    let now = 1_000;
    const told: number[] = [];
    const log = new DatabaseHealth(createEnv(silentLogger, { monotonicMs: () => now }), (away_ms) =>
      told.push(away_ms),
    );
    const away = Object.assign(new Error('gone'), { code: '57P01' });
    log.reportError(away, {}, 'claiming failed');
    now = 2_000;
    log.reportError(away, {}, 'settling failed');
    now = 3_500;
    log.reportSuccess();
    log.reportSuccess();
    log.reportError(new Error('bad'), {}, 'settling failed');
    log.reportSuccess();
    expect(told).toEqual([2_500]);
  });

  test('of a worker whose handlers only fail is HEALTHY', async () => {
    const lab = await openLab({
      env: hasty,
      handler: () => {
        throw new PermanentCommandError('NO', 'never');
      },
    });
    await lab.send(...commands(50));
    await lab.work();
    const worker = await until('it said so', async () => {
      const row = await workerOf(lab);
      return row?.settled_count === 50 && row;
    });
    expect(worker).toMatchObject({ health: 'HEALTHY', health_reason: null, in_flight: 0 });
    expect(worker.rss_bytes as number).toBeGreaterThan(10_000_000);
    expect(worker.loop_delay_ms as number).toBeGreaterThanOrEqual(0);
  });

  test('its heartbeat says what it does in each domain', async () => {
    const { calls, handler } = heldHandler();
    const lab = await openLab({ handler, env: hasty });
    lab.service.registry.register('other', 'Work', handler);
    await lab.send(...commands(3), ...commands(1, { domain: 'other' }));
    await lab.work({ domains: ['lab', 'other'], slots: { lab: 3, '*': 9 } });
    await until('all run', () => calls.length === 4);
    const expected = { lab: { slots: 3, in_flight: 3 }, other: { slots: 9, in_flight: 1 } };
    await until('it said so', async () => {
      const row = await workerOf(lab);
      return JSON.stringify(row?.by_domain) === JSON.stringify(expected) && row?.slots === 12;
    });
    for (const call of calls) call.end();
    await until('its pace is seen', async () => ((await workerOf(lab))?.settled_per_second as number) > 0);
    await until('and that it ended', async () => (await workerOf(lab))?.settled_per_second === 0);
  });

  test('of a worker whose database went away is DEGRADED when that is back, and all goes on', async () => {
    const { lab, network } = await openTerminableLab({ handler: () => null, env: hasty });
    await lab.work();
    await until('it works', async () => (await workerOf(lab))?.health === 'HEALTHY');
    network.down();
    await until('it noticed', () => lab.bus.databaseHealth.awayAgoMs() === 0);
    expect(await lab.rows(`select health from faultline.worker`)).toEqual([{ health: 'HEALTHY' }]);
    network.up();
    const worker = await until('it said so', async () => {
      const row = await workerOf(lab);
      return row?.health === 'DEGRADED' && row;
    });
    expect(worker.health_reason).toMatch(/^The database was away \d+ s ago\.$/);
    await lab.send(...commands(20));
    await until('it works on', async () => (await countOf(lab, 'COMPLETED')) === 20);
  });
});
