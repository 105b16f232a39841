// Wake-ups: they hurry a worker that sleeps, reconnect when their connection breaks, and nothing depends on them.

import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { sendCommands } from '../../src/bus/insert.ts';
import { openNotifier } from '../../src/db/notifier.ts';
import { withTx } from '../../src/db/pool.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import type { Service } from '../../src/process/service.ts';
import { openNetwork } from '../support/network.ts';
import { until } from '../support/until.ts';
import { command, type Lab, openLab } from './lab.ts';

const SLEEPING = { poll_ms: 600_000 };

/** Waits until the notifier of a service listens; returns the process of its connection. */
function untilListening(lab: Lab, name: string, except?: unknown): Promise<unknown> {
  return until(`${name} listens`, async () => {
    const rows = await lab.rows(
      `select pid from pg_stat_activity where datname = current_database() and application_name = $1
         and query like 'listen %' and state = 'idle'`,
      [`${name} notifier`],
    );
    return rows.find(({ pid }) => pid !== except)?.pid;
  });
}

/** Sends from another service, as another process would, and waits until a worker of this one is done with it. */
async function sendFrom(service: Service, lab: Lab): Promise<void> {
  const sent = command();
  const { bus } = service;
  for (const domain of await withTx(bus.pool, (tx) => sendCommands(bus, tx, [sent]))) bus.notifier.wake(domain);
  await until('it is done', async () => (await lab.commandOf(sent.command_id)).status === 'COMPLETED');
}

/** What anybody who listens hears, in order. */
async function listen(lab: Lab): Promise<string[]> {
  const heard: string[] = [];
  const client = new pg.Client({ connectionString: lab.url });
  await client.connect();
  onTestFinished(() => client.end());
  client.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await client.query('listen faultline_commands');
  return heard;
}

test('C07: a worker that sleeps is woken by what another process sends', async () => {
  const lab = await openLab({ handler: () => 'done' });
  const other = await lab.openAnother();
  await Promise.all([untilListening(lab, 'lab0'), untilListening(lab, 'lab1')]);
  await lab.work(SLEEPING);
  await sendFrom(other, lab);
});

test.each(['lab0', 'lab1'])(
  'a connection that breaks (%s: receiver, sender) is opened again, and wake-ups flow',
  async (name) => {
    const lab = await openLab({ handler: () => 'done' });
    const other = await lab.openAnother();
    await Promise.all([untilListening(lab, 'lab0'), untilListening(lab, 'lab1')]);
    await lab.work(SLEEPING);
    const pid = await untilListening(lab, name);
    await lab.rows('select pg_terminate_backend($1)', [pid]);
    await untilListening(lab, name, pid);
    await sendFrom(other, lab);
  },
);

test('C07: without LISTEN a worker finds everything by polling', async () => {
  const lab = await openLab({ handler: () => 'done', listen: false });
  const other = await lab.openAnother({ listen: false });
  await lab.work({ poll_ms: 30 });
  await sendFrom(other, lab);
  const rows = await lab.rows(
    `select 1 from pg_stat_activity where application_name like '% notifier' and datname = current_database()`,
  );
  expect(rows).toEqual([]);
});

test('without LISTEN wake-ups still reach the workers of their own process', async () => {
  const lab = await openLab({ handler: () => 'done', listen: false });
  await lab.work(SLEEPING);
  await sendFrom(lab.service, lab);
});

test('many wake-ups of one moment are one notification a domain', async () => {
  const lab = await openLab();
  await untilListening(lab, 'lab0');
  const heard = await listen(lab);
  for (let i = 0; i < 500; i++) {
    lab.bus.notifier.wake('one');
    lab.bus.notifier.wake('two');
  }
  await until('both came', () => heard.includes('one') && heard.includes('two'));
  lab.bus.notifier.wake('last');
  await until('the last one came', () => heard.includes('last'));
  expect(heard.toSorted()).toEqual(['last', 'one', 'two']);
});

test('a wake-up of the last moment before closing is not lost', async () => {
  const lab = await openLab();
  const heard = await listen(lab);
  const other = await lab.openAnother();
  await untilListening(lab, 'lab1');
  other.notifier.wake('farewell');
  await other.notifier.close();
  await until('it came', () => heard.includes('farewell'));
});

test('a notifier opened while the database is away connects when it is back', async () => {
  const lab = await openLab();
  const network = await openNetwork(lab.url);
  network.down();
  const wakeUps = openNotifier(createEnv(silentLogger), network.url, 'late notifier');
  onTestFinished(() => wakeUps.close());
  const heard: string[] = [];
  const stop = wakeUps.onWakeUp((domain) => heard.push(domain));
  await until('it was refused', () => network.refused() > 0);
  network.up();
  await untilListening(lab, 'late');
  await untilListening(lab, 'lab0');
  lab.bus.notifier.wake('there');
  await until('it came', () => heard.includes('there'));
  stop();
  wakeUps.wake('not heard');
  expect(heard).not.toContain('not heard');
});
