// Pausing and capping a domain: no one claims in a paused one, and over all workers never more than the cap is in progress.

import { describe, expect, test } from 'vitest';
import { capDomain, pauseDomain, resumeDomain } from '../../src/bus/domains.ts';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { command, commands, countOf, heldHandler, type Lab, openLab, policy } from './lab.ts';

const ADA = { actor: 'Ada', reason: 'the bank is closed' };

/** Makes the domain known, as a worker does. */
async function openKnownLab(options: Parameters<typeof openLab>[0] = {}) {
  const lab = await openLab(options);
  await lab.rows(`insert into faultline.domain (domain) values ('lab')`);
  return lab;
}

describe('a paused domain', () => {
  test('gives nothing to any claim from the commit on, also to one that knows nothing of it; resumed, it gives again', async () => {
    const lab = await openKnownLab();
    await lab.send(...commands(3));
    const row = await pauseDomain(lab.bus, 'lab', ADA);
    expect(row).toMatchObject({ domain: 'lab', paused_by: 'Ada', pause_reason: 'the bank is closed' });
    expect(row.paused_at).toBeInstanceOf(Date);
    expect(await lab.claim()).toEqual([]);
    const resumed = await resumeDomain(lab.bus, 'lab', ADA);
    expect(resumed).toMatchObject({ paused_at: null, paused_by: null, pause_reason: null });
    expect(await lab.claim()).toHaveLength(3);
  });

  test('C09: drains: what is in progress ends as it would, nothing begins; resuming wakes workers at once', async () => {
    const { calls, handler } = heldHandler();
    const lab = await openLab({ handler });
    await lab.send(command());
    // So slow a poll that only a hint can wake it in time.
    await lab.work({ poll_ms: 60_000 });
    await until('one runs', () => calls.length === 1);
    await pauseDomain(lab.bus, 'lab', ADA);
    const [next = ''] = await lab.send(command());
    calls[0]?.end();
    await until('it is done', async () => (await countOf(lab, 'COMPLETED')) === 1);
    // Anyone who looks now is refused by the claim itself.
    const looked = lab.hold('before_claim');
    lab.bus.notifier.wake('lab');
    await looked.reached;
    looked.release();
    expect(await lab.commandOf(next)).toMatchObject({ status: 'PENDING', attempts: 0 });
    expect(calls).toHaveLength(1);
    await resumeDomain(lab.bus, 'lab', ADA);
    await until('the next one runs', () => calls.length === 2);
    calls[1]?.end();
  });

  test('leaves other domains alone', async () => {
    const lab = await openKnownLab();
    await lab.rows(`insert into faultline.domain (domain, paused_at, paused_by) values ('other', now(), 'Ada')`);
    await lab.send(command(), command({ domain: 'other' }));
    expect(await lab.claim()).toHaveLength(1);
  });

  test('of two who pause it, one wins and the other is told; so of two who resume it', async () => {
    const lab = await openKnownLab();
    for (const act of [pauseDomain, resumeDomain]) {
      const both = await Promise.allSettled([act(lab.bus, 'lab', ADA), act(lab.bus, 'lab', { actor: 'Bob' })]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const refused = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
      expect(refused.reason).toMatchObject({ code: 'WRONG_STATE' });
    }
  });

  test('cannot be one that no one knows, nor internal', async () => {
    const lab = await openKnownLab();
    const acts = [
      pauseDomain,
      resumeDomain,
      (...[bus, name, by]: Parameters<typeof pauseDomain>) => capDomain(bus, name, 3, by),
    ];
    for (const act of acts) {
      await expect(act(lab.bus, 'mistyped', ADA)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(act(lab.bus, 'faultline', ADA)).rejects.toMatchObject({ code: 'WRONG_STATE' });
    }
    expect(await lab.rows(`select domain from faultline.domain`)).toEqual([{ domain: 'lab' }]);
  });
});

describe('C06, C08: a cap over all workers', () => {
  /** The database itself keeps the most that were ever in progress at a time, in the order of commits. */
  async function watchMost(lab: Lab): Promise<() => Promise<number>> {
    await lab.rows(`
      create table most (running int not null, most int not null);
      insert into most values (0, 0);
      create function count_running() returns trigger language plpgsql as $$
        begin
          update most set running = running + (new.status = 'IN_PROGRESS')::int - (old.status = 'IN_PROGRESS')::int;
          update most set most = greatest(most, running);
          return null;
        end $$;
      create trigger count_running after update on faultline.command
        for each row when (old.status is distinct from new.status) execute function count_running()`);
    return async () => (await lab.rows('select most from most'))[0]?.most as number;
  }

  test('is never exceeded by four services with many slots that race for it, and all work is done', async () => {
    const lab = await openKnownLab({ handler: () => null });
    const services = [
      lab.service,
      ...(await Promise.all([1, 2, 3].map(() => lab.openAnother({ handler: () => null })))),
    ];
    await capDomain(lab.bus, 'lab', 5, ADA);
    await lab.send(...commands(300));
    const most = await watchMost(lab);
    await Promise.all(services.map(({ bus, registry }) => lab.work({ bus, registry, slots: 50 })));
    await until('all is done', async () => (await countOf(lab, 'COMPLETED')) === 300, { deadline_ms: 60_000 });
    expect(await most()).toBeLessThanOrEqual(5);
    // And it is used: a claim that counted wrong the other way would take one after the other.
    expect(await most()).toBeGreaterThan(1);
    expect(await lab.rows('select count(distinct worker_id) > 1 as several from faultline.attempt')).toEqual([
      { several: true },
    ]);
  });

  test('set or lifted while workers run holds at once', async () => {
    const { calls, handler } = heldHandler();
    const lab = await openLab({ handler });
    const other = await lab.openAnother({ handler });
    await lab.work({ slots: 50, poll_ms: 60_000 });
    await lab.work({ bus: other.bus, registry: other.registry, slots: 50, poll_ms: 60_000 });
    await lab.send(...commands(4));
    await until('four run', () => calls.length === 4);
    await capDomain(lab.bus, 'lab', 6, ADA);
    await lab.send(...commands(20));
    await until('six run', () => calls.length === 6);
    expect(await countOf(lab, 'IN_PROGRESS')).toBe(6);
    calls[0]?.end();
    await until('another one took its place', () => calls.length === 7);
    expect(await countOf(lab, 'IN_PROGRESS')).toBe(6);
    await capDomain(lab.bus, 'lab', null, ADA);
    await until('all run', () => calls.length === 24);
    for (const call of calls) call.end();
  });

  test('below what is in progress takes nothing away, and gives nothing until there is room', async () => {
    const lab = await openKnownLab();
    await lab.send(...commands(10));
    expect(await lab.claim(6)).toHaveLength(6);
    await capDomain(lab.bus, 'lab', 3, ADA);
    expect(await countOf(lab, 'IN_PROGRESS')).toBe(6);
    const { calls, handler } = heldHandler();
    lab.service.registry.register('lab', 'Work', handler);
    await lab.work();
    await lab.expire(
      ...(await lab.rows(`select command_id from faultline.command where status = 'IN_PROGRESS'`)).map(
        (row) => row.command_id as string,
      ),
    );
    await until('three run', () => calls.length === 3);
    expect(await countOf(lab, 'IN_PROGRESS')).toBe(3);
  });

  test('counts lanes together', async () => {
    const lab = await openKnownLab({ lanes: 4 });
    const { calls, handler } = heldHandler();
    lab.service.registry.register('lab', 'Work', handler);
    for (let lane = 0; lane < 4; lane++)
      await lab.send(...Array.from({ length: 5 }, () => command({ command_id: newId(lane, 4), lane, ...policy() })));
    await capDomain(lab.bus, 'lab', 6, ADA);
    const most = await watchMost(lab);
    await lab.work({ slots: 50 });
    for (let ended = 0; ended < 20; ended++) {
      const call = await until('one runs', () => calls[ended]);
      call.end();
    }
    await until('all is done', async () => (await countOf(lab, 'COMPLETED')) === 20);
    expect(await most()).toBeLessThanOrEqual(6);
  });

  test.each([0, -1, 1.5, 100_001, Number.NaN])('of %d is refused, and nothing is changed', async (max_in_flight) => {
    const lab = await openKnownLab();
    await expect(capDomain(lab.bus, 'lab', max_in_flight, ADA)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ path: 'max_in_flight', code: 'out_of_range' }],
    });
    expect(await lab.rows('select max_in_flight from faultline.domain')).toEqual([{ max_in_flight: null }]);
  });
});
