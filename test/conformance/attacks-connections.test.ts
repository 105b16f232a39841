// Connections run out: one for everything, all of them held by handlers, none given by a server that is full, statements that are
// given up. Work waits, nothing waits for itself, and afterwards everything is done once.

import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { retryCommand } from '../../src/bus/troubleshooting.ts';
import { createWorker } from '../../src/bus/worker.ts';
import { createPool } from '../../src/db/pool.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { PermanentCommandError } from '../../src/model/errors.ts';
import { openService, type Service } from '../../src/process/service.ts';
import { commands, countOf, expectSettledOnce, openLab as openBusLab, policy } from '../bus/lab.ts';
import { findViolations } from '../end/story.ts';
import { chain, openLab } from '../process/lab.ts';
import { signal, until } from '../support/until.ts';

const done = () => 'done';

/** Replaces the pool of the bus by one of `max` connections. */
function squeeze(bus: { pool: pg.Pool }, url: string, max: number): void {
  const pool = createPool(url, { application_name: 'squeezed', keyed_plans: true, max });
  onTestFinished(() => pool.end());
  bus.pool = pool;
}

test('one connection for the whole bus: a batch with failures and operators comes to its end', {
  timeout: 60_000,
}, async () => {
  const trip = chain(['book', 'pay', 'mail']);
  const lab = await openLab({ processes: [trip] });
  squeeze(lab.bus, lab.database.url, 1);
  const workers = [await lab.work({ slots: 50 }), await lab.work({ slots: 50 })];
  const batch_id = await lab.launch(trip, {
    count: 300,
    script: ({ attempt, ordinal, step }) => {
      if (ordinal % 7 === 0 && step === 'pay' && attempt === 1) throw new PermanentCommandError('BROKEN', 'It broke.');
      if (ordinal % 5 === 0 && attempt === 1) throw new Error('Later.');
    },
  });
  await lab.untilBatch(batch_id, 'AT_REST', { deadline_ms: 30_000 });
  const { rows } = await lab.pool.query(
    `select command_id from faultline.command where status = 'IN_TROUBLESHOOTING_QUEUE'`,
  );
  await Promise.all(rows.map(({ command_id }) => retryCommand(lab.bus, command_id, { actor: 'ann' })));
  await lab.untilBatch(batch_id, 'COMPLETED', { deadline_ms: 30_000 });
  await Promise.all(workers.map((worker) => worker.stop()));
  expect(await findViolations(lab.pool, batch_id)).toEqual([]);
});

test('handlers that hold every connection of the application keep the bus from nothing', async () => {
  let service: Service | undefined;
  const held = signal('all are held');
  const go = signal('let go', { deadline_ms: 30_000 });
  let holding = 0;
  const lab = await openBusLab({
    handler: async () => {
      const client = await (service as Service).context.pool.connect();
      if (++holding === 6) held.fire();
      await go.promise;
      client.release();
      return 'done';
    },
    handlers: { Quick: done },
  });
  service = lab.service;
  // Twice as many handlers want a connection as there are, and their leases have to be renewed meanwhile.
  await lab.send(...commands(12, { reply_to: 'asked', ...policy({ lease_ms: 3_000 }) }));
  await lab.work();
  await held.promise;
  await lab.send(...commands(40, { type: 'Quick', reply_to: 'asked' }));
  await until('the quick ones are done', async () => (await countOf(lab, 'COMPLETED')) === 40);
  await until('leases were renewed', async () => {
    const [row] = await lab.rows(
      `select count(*) from faultline.command where status = 'IN_PROGRESS' and lease_expires_at > attempt_started_at + interval '3100 ms'`,
    );
    return row?.count === 12;
  });
  go.fire();
  await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === 52);
  expect(await lab.rows(`select 1 from faultline.attempt where outcome <> 'success'`)).toEqual([]);
  await expectSettledOnce(lab, 52);
});

describe('a server that refuses', () => {
  test('too many connections: workers wait, and go on when there are some', { timeout: 40_000 }, async () => {
    const lab = await openBusLab({ handler: () => 'done' });
    const name = new URL(lab.url).pathname.slice(1);
    // Roles that may do everything are not limited, so the service comes as one that may not.
    await lab.rows(`create role "${name}" login password 'x'`);
    onTestFinished(async () => {
      await lab.rows(`drop owned by "${name}"`).catch(() => {});
      await lab.rows(`drop role "${name}"`).catch(() => {});
    });
    await lab.rows(`grant all on all tables in schema faultline, e2e to "${name}"`);
    await lab.rows(`grant usage on schema faultline, e2e to "${name}"`);
    await lab.rows(`grant all on all sequences in schema faultline to "${name}"`);
    const url = new URL(lab.url);
    url.username = name;
    url.password = 'x';
    const service = await openService({
      url: url.href,
      env: createEnv(silentLogger),
      data_dir: '',
      listen: false,
      application: {
        name: 'lab',
        processes: [],
        register: (registry) => void registry.register('lab', 'Work', () => 'done'),
      },
    });
    onTestFinished(() => service.close());
    // Waits for their end: until then they count, and the pool has them.
    const drop = () =>
      lab.rows(`select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = $1`, [name]);
    await lab.rows(`alter role "${name}" connection limit 0`);
    await drop();
    await until('the pool has heard of it', () => service.bus.pool.totalCount === 0);
    await lab.send(...commands(100, { reply_to: 'asked' }));
    const worker = createWorker({
      bus: service.bus,
      registry: service.registry,
      domains: ['lab'],
      poll_ms: 50,
      drain_ms: 0,
    });
    await expect(worker.start()).rejects.toMatchObject({ code: '53300' });
    await lab.rows(`alter role "${name}" connection limit 3`);
    await worker.start();
    onTestFinished(() => worker.stop());
    await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === 100, { deadline_ms: 20_000 });
    await lab.rows(`alter role "${name}" connection limit 0`);
    await drop();
    await lab.send(...commands(100, { reply_to: 'asked' }));
    await until('it was refused', () => service.bus.databaseHealth.awayAgoMs() === 0);
    await lab.rows(`alter role "${name}" connection limit -1`);
    await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === 200, { deadline_ms: 20_000 });
    await expectSettledOnce(lab, 200);
  });

  test('statements that are given up: settled once when they no longer are', async () => {
    const env = { after: (ms: number, callback: () => void) => createEnv(silentLogger).after(ms / 10, callback) };
    const lab = await openBusLab({ handler: () => 'done', env });
    const ids = await lab.send(...commands(30, { reply_to: 'asked' }));
    const blocker = new pg.Client({ connectionString: lab.url });
    await blocker.connect();
    onTestFinished(() => blocker.end());
    squeeze(lab.bus, lab.url, 4);
    lab.bus.pool.on('connect', (client) => void client.query('set statement_timeout = 60'));
    let tries = 0;
    lab.on('before_settle', () => void tries++);
    const begun = lab.hold('before_settle');
    await lab.work();
    await begun.reached;
    await blocker.query('begin');
    await blocker.query('select 1 from faultline.command where command_id = any($1) for update', [ids]);
    begun.release();
    await until('it was given up again and again', () => tries > 3);
    await blocker.query('commit');
    await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === 30);
    await expectSettledOnce(lab, 30);
  });
});
