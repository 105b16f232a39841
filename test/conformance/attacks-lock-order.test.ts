// Rows are locked in one order everywhere: commands by id, then processes by id. First the orders that once could meet head on,
// each brought about on purpose; then everything that locks at once, on the same rows, in random order.

import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { type SettleItem, settleSet } from '../../src/bus/settle.ts';
import { claimReadyCommands, expireWorkerLeases } from '../../src/db/queries/claims.ts';
import type { ClaimedCommand, Outcome } from '../../src/model/command.ts';
import type { ProbePoint } from '../../src/model/env.ts';
import { newId } from '../../src/model/ids.ts';
import { chain, DOMAIN, type Lab, openLab } from '../process/lab.ts';
import { signal, until } from '../support/until.ts';

const trip = chain(['book', 'pay', 'mail']);

/** A lab that counts what PostgreSQL calls a deadlock, wherever the code heard of one. */
async function openWatchedLab() {
  const codes: string[] = [];
  const note = (fields: object) => {
    const code = (fields as { err?: { code?: string } }).err?.code;
    if (code !== undefined) codes.push(code);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const lab = await openLab({ processes: [trip], finishers: false, env: { logger } });
  return { lab, codes, deadlocks: () => codes.filter((code) => code === '40P01').length };
}

/** Launches two processes, and claims the first command of each; the first process has the lower id. */
async function claimFirsts(lab: Lab) {
  const batch_id = await lab.launch(trip, { count: 2 });
  const launching = await lab.work({ domains: ['faultline'] });
  await until('both are created', async () => (await lab.processes(batch_id)).length === 2);
  await launching.stop();
  const [low, high] = (await lab.processes(batch_id)).sort((a, b) => (a.process_id < b.process_id ? -1 : 1));
  return { batch_id, low: low as NonNullable<typeof low>, high: high as NonNullable<typeof high> };
}

const claim = (lab: Lab, limit = 100) =>
  claimReadyCommands(lab.bus.pool, { domain: DOMAIN, lane: 0, limit, claim_id: newId(), worker_id: newId() });

const item = (command: ClaimedCommand, outcome: Outcome): SettleItem => ({ command, outcome, abandoned: false });
const SUCCESS: Outcome = { kind: 'success', result: {} };
const PERMANENT: Outcome = { kind: 'permanent', error_code: 'BROKEN', error_message: 'It broke.' };

const waitsForLock = (lab: Lab) =>
  until('someone waits for a row', async () => {
    const { rows } = await lab.pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  });

test('a set that parks one process and advances another meets one that was late for both', async () => {
  const { lab, deadlocks } = await openWatchedLab();
  const { low, high } = await claimFirsts(lab);
  const stale = await claim(lab);
  await lab.pool.query(`update faultline.command set status = 'PENDING', lease_expires_at = null where domain = $1`, [
    DOMAIN,
  ]);
  const held = await claim(lab);
  const of = (claimed: ClaimedCommand[], process: { process_id: string }) =>
    claimed.find(({ process_id }) => process_id === process.process_id) as ClaimedCommand;

  const parked = signal('the first set has parked the higher process');
  const go = signal('go on', { deadline_ms: 60_000 });
  let first = true;
  lab.onProbe = async (point: ProbePoint) => {
    if (point !== 'in_transition' || !first) return;
    first = false;
    parked.fire();
    await go.promise;
  };
  const settling = settleSet(lab.bus, [item(of(held, low), SUCCESS), item(of(held, high), PERMANENT)]);
  await parked.promise;
  const late = settleSet(
    lab.bus,
    stale.map((command) => item(command, SUCCESS)),
  );
  await waitsForLock(lab);
  go.fire();
  const [settled, refused] = await Promise.allSettled([settling, late]);
  expect(settled).toMatchObject({ status: 'fulfilled', value: [{}, {}] });
  expect(refused).toMatchObject({ status: 'fulfilled', value: [] });
  expect(deadlocks()).toBe(0);
  const { rows } = await lab.pool.query(`select type from faultline.event where type = 'LATE_RESULT_DISCARDED'`);
  expect(rows).toHaveLength(2);
});

test('processes are written in order of their id, whatever the order of their commands', async () => {
  const { lab } = await openWatchedLab();
  const { low, high } = await claimFirsts(lab);
  // The second step of the higher process is sent before that of the lower one, so its command has the lower id.
  for (const process of [high, low]) {
    const [command] = (await claim(lab)).filter(({ process_id }) => process_id === process.process_id);
    await settleSet(lab.bus, [item(command as ClaimedCommand, SUCCESS)]);
    await lab.pool.query(
      `update faultline.command set status = 'PENDING', lease_expires_at = null where status = 'IN_PROGRESS'`,
    );
  }
  const second = (await claim(lab)).filter(({ step }) => step === 'pay');
  expect(second.map(({ process_id }) => process_id)).toHaveLength(2);

  const other = new pg.Client({ connectionString: lab.database.url });
  await other.connect();
  onTestFinished(() => other.end());
  const lock = `select 1 from faultline.process where process_id = $1 for no key update`;
  await other.query('begin');
  await other.query(lock, [low.process_id]);
  const settling = settleSet(
    lab.bus,
    second.map((command) => item(command, SUCCESS)),
  );
  await waitsForLock(lab);
  // It has nothing yet of what comes after the one it waits for.
  await expect(other.query(`${lock} nowait`, [high.process_id])).resolves.toMatchObject({ rowCount: 1 });
  await other.query('commit');
  expect(await settling).toHaveLength(2);
});

test('the leases of a dead worker are ended past a settle of it that the server still has under way', async () => {
  const { lab } = await openWatchedLab();
  await claimFirsts(lab);
  const worker_id = newId();
  const claimed = await claimReadyCommands(lab.bus.pool, {
    domain: DOMAIN,
    lane: 0,
    limit: 9,
    claim_id: newId(),
    worker_id,
  });
  const reached = signal('the settle holds its commands');
  const go = signal('go on', { deadline_ms: 60_000 });
  lab.onProbe = async (point) => {
    if (point !== 'in_settle') return;
    reached.fire();
    await go.promise;
  };
  const settling = settleSet(lab.bus, [item(claimed[0] as ClaimedCommand, SUCCESS)]);
  await reached.promise;
  expect(await expireWorkerLeases(lab.pool, worker_id)).toBe(1);
  go.fire();
  expect(await settling).toHaveLength(1);
});
