// A database that refuses for now, and a worker that stops within a transaction: no result is lost, and no one waits for long.

import { expect, test } from 'vitest';
import { reapExpired } from '../../src/bus/reap.ts';
import { createWorker } from '../../src/bus/worker.ts';
import { isAway, isRetryable, withTx } from '../../src/db/pool.ts';
import { lockDomainCap } from '../../src/db/queries/domains.ts';
import { signal, until } from '../support/until.ts';
import { commands, countOf, expectSettledOnce, heldHandler, type Lab, openLab } from './lab.ts';

/** Everybody but the test, from now on. */
async function setReadOnly(lab: Lab, on: boolean): Promise<void> {
  const name = new URL(lab.url).pathname.slice(1);
  const set = on ? 'set default_transaction_read_only = on' : 'reset default_transaction_read_only';
  await lab.rows(`begin read write; alter database "${name}" ${set}; commit`);
  await lab.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'lab%' and datname = $1`,
    [name],
  );
}

test('a result is kept as long as the database is read-only, and its outage is written down when it is over', {
  timeout: 60_000,
}, async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  await lab.send(...commands(1, { reply_to: 'asked' }));
  await lab.work();
  await until('it runs', () => calls.length === 1);
  let tries = 0;
  lab.on('before_settle', () => void tries++);
  await setReadOnly(lab, true);
  calls[0]?.end('done');
  await until('what fails for unknown reasons would be given up', () => tries > 6, { deadline_ms: 30_000 });
  // Reading goes well all the while: that is no end of the outage.
  expect(lab.bus.databaseHealth.awayAgoMs()).toBe(0);
  await setReadOnly(lab, false);
  await until('it is settled', async () => (await countOf(lab, 'COMPLETED')) === 1, { deadline_ms: 30_000 });
  expect(calls).toHaveLength(1);
  await expectSettledOnce(lab, 1);
  // Sessions are ended before and after it, which may be outages of their own.
  await until('the outage is written down', async () => {
    const [row] = await lab.rows(
      `select max((details ->> 'away_ms')::int) as longest from faultline.event where type = 'DATABASE_AWAY'`,
    );
    return (row?.longest as number) > 500;
  });
});

/** As a process that is stopped stands: no statement any more, but nothing is given back. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error) => error,
  );
}

test('a worker that stops while it reaps keeps what it locked from no one for long', async () => {
  const lab = await openLab({ idle_ms: 300 });
  const ids = await lab.send(...commands(5));
  await lab.claim();
  await lab.expire(...ids);
  const stopped = lab.hold('in_reap');
  const frozen = failureOf(reapExpired(lab.bus, 0));
  await stopped.reached;
  const another = await lab.openAnother();
  let reaped = 0;
  await until('another one reaps them', async () => {
    reaped += await reapExpired(another.bus, 0);
    return reaped === 5;
  });
  stopped.release();
  const error = await frozen;
  expect([isRetryable(error), isAway(error)]).toEqual([true, false]);
  expect(await countOf(lab, 'PENDING')).toBe(5);
});

test('a worker that stops while it claims within a cap stops no other', async () => {
  const lab = await openLab({ idle_ms: 300, handler: () => 'done' });
  await lab.send(...commands(20, { reply_to: 'asked' }));
  await lab.rows('insert into faultline.domain (domain, max_in_flight) values ($1, 3)', ['lab']);
  const locked = signal('the cap is locked');
  const go = signal('it goes on', { deadline_ms: 60_000 });
  const frozen = failureOf(
    withTx(lab.bus.pool, async (tx) => {
      await lockDomainCap(tx, 'lab');
      locked.fire();
      await go.promise;
      await tx.query('select 1');
    }),
  );
  await locked.promise;
  const another = await lab.openAnother({ handler: () => 'done' });
  const worker = createWorker({ bus: another.bus, registry: another.registry, domains: ['lab'], poll_ms: 50 });
  await worker.start();
  await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === 20);
  await worker.stop();
  go.fire();
  expect(await frozen).toMatchObject({ code: '25P03' });
  await expectSettledOnce(lab, 20);
});

test('connections that are ended while no one uses them are an outage too: what ended them ended those of handlers', async () => {
  const lab = await openLab();
  await lab.bus.pool.query('select 1');
  await lab.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lab0 bus' and datname = current_database()`,
  );
  await until('it is noticed, and written down', async () => {
    lab.bus.databaseHealth.reportSuccess();
    const [row] = await lab.rows(`select count(*) from faultline.event where type = 'DATABASE_AWAY'`);
    return row?.count === 1;
  });
});
