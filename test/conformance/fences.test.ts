// The fences one by one, asked directly: what no course of events that the other tests play would show missing.

import { expect, test } from 'vitest';
import { settleExpired, settleLine, settleSet } from '../../src/bus/settle.ts';
import { markFaultsIfLeased } from '../../src/chaos/queries/test-command.ts';
import { withTx } from '../../src/db/pool.ts';
import { renewLeasesIfHeld } from '../../src/db/queries/claims.ts';
import { tryMaintenanceLock } from '../../src/db/queries/maintenance.ts';
import { insertProcessesIfAbsent, type ProcessChange, updateIfAwaiting } from '../../src/db/queries/processes.ts';
import { markPruningIfEnded } from '../../src/db/queries/prune.ts';
import type { ClaimedCommand, Outcome } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import { command, item, openLab } from '../bus/lab.ts';
import { until } from '../support/until.ts';

const SUCCESS: Outcome = { kind: 'success', result: {} };

async function claimedAlone() {
  const lab = await openLab();
  await lab.send(command());
  const [claimed] = await lab.claim(1);
  return { lab, claimed: claimed as ClaimedCommand };
}

test('an attempt marked with a fault that prevents its settle cannot be settled under its lease, which is held until then', async () => {
  const { lab, claimed } = await claimedAlone();
  const mark = { ...claimed, fault: 'timeout' };
  expect(await markFaultsIfLeased(lab.bus.pool, 0, [mark])).toEqual(new Set([claimed.command_id]));

  expect(await renewLeasesIfHeld(lab.bus.pool, 0, [claimed])).toEqual(new Set([claimed.command_id]));
  expect(await settleSet(lab.bus, [item(claimed, SUCCESS)])).toEqual([]);
  expect(await lab.commandOf(claimed.command_id)).toMatchObject({ status: 'IN_PROGRESS', fault: 'timeout' });
  expect(await lab.attemptsOf(claimed.command_id)).toEqual([]);
});

test('no fault is marked on an attempt of another claim, nor after the lease', async () => {
  const { lab, claimed } = await claimedAlone();
  const stale = { ...claimed, claim_id: claimed.command_id, fault: 'timeout' };
  expect(await markFaultsIfLeased(lab.bus.pool, 0, [stale])).toEqual(new Set());
  await lab.expire(claimed.command_id);
  expect(await markFaultsIfLeased(lab.bus.pool, 0, [{ ...claimed, fault: 'timeout' }])).toEqual(new Set());
  expect(await lab.commandOf(claimed.command_id)).toMatchObject({ fault: null });
});

test('what reap would write of an attempt whose lease has not run out is refused', async () => {
  const { lab, claimed } = await claimedAlone();
  const line = settleLine(claimed, {
    kind: 'lease_expired',
    error_code: 'LEASE_EXPIRED',
    error_message: 'It ran out.',
  });
  const sent = await withTx(lab.bus.pool, (tx) => settleExpired(lab.bus, tx, 0, [line]));
  expect([...sent]).toEqual([]);
  expect(await lab.commandOf(claimed.command_id)).toMatchObject({ status: 'IN_PROGRESS', attempts: 1 });
  expect(await lab.attemptsOf(claimed.command_id)).toEqual([]);
});

test('what another claim came to, under the same number after a crash, is not taken for the answer to a claim that was lost', async () => {
  const { lab, claimed } = await claimedAlone();
  // As a crash of the server leaves it: the claim was committed asynchronously.
  await lab.rows(
    `update faultline.command set status = 'PENDING', attempts = 0, claim_id = null, worker_id = null,
       attempt_started_at = null, lease_expires_at = null`,
  );
  const [again] = await lab.claim(1);
  expect(again).toMatchObject({ command_id: claimed.command_id, attempts: claimed.attempts });
  expect(await settleSet(lab.bus, [item(again as ClaimedCommand, SUCCESS)])).toHaveLength(1);

  expect(await settleSet(lab.bus, [item(claimed, SUCCESS)])).toEqual([]);
  expect(await lab.eventsOf(claimed.command_id)).toMatchObject([
    { type: 'LATE_RESULT_DISCARDED', details: { claim_id: claimed.claim_id } },
  ]);
});

test('while one transaction maintains, no other does', async () => {
  const lab = await openLab();
  await withTx(lab.bus.pool, async (first) => {
    expect(await tryMaintenanceLock(first)).toBe(true);
    expect(await withTx(lab.bus.pool, tryMaintenanceLock)).toBe(false);
  });
  expect(await withTx(lab.bus.pool, tryMaintenanceLock)).toBe(true);
});

test('a decision on a reply that its process does not await is not written', async () => {
  const lab = await openLab();
  const [process_id, awaited, other] = [newId(), newId(), newId()];
  const process = {
    process_id,
    batch_id: null,
    ordinal: 0,
    process_type: 'Trip',
    version: 1,
    domain: 'lab',
    first_step: 'book',
    first_command_id: awaited,
    state: {},
  };
  const ended = (replied_command_id: string): ProcessChange => ({
    process_id,
    replied_command_id,
    status: 'COMPLETED',
    current_step: 'book',
    awaiting_command_id: null,
    state: null,
    append_step: null,
    undo: null,
    ending: null,
    error_code: null,
    error_message: null,
    keep_effects: false,
  });
  const write = (change: ProcessChange) => withTx(lab.bus.pool, (tx) => updateIfAwaiting(tx, 0, [change]));
  await withTx(lab.bus.pool, (tx) => insertProcessesIfAbsent(tx, 0, [process]));

  expect(await write(ended(other))).toBe(0);
  expect(await lab.rows('select status from faultline.process')).toEqual([{ status: 'WAITING_FOR_REPLY' }]);
  expect(await write(ended(awaited))).toBe(1);
  expect(await write(ended(awaited)), 'and what has ended awaits nothing').toBe(0);
});

test('a set is settled, and so locked, in order of id, in whatever order its attempts ended', async () => {
  const lab = await openLab();
  await lab.send(command(), command());
  const claimed = (await lab.claim(2)).sort((a, b) => (a.command_id < b.command_id ? -1 : 1));
  const [low, high] = claimed as [ClaimedCommand, ClaimedCommand];
  const settling = await withTx(lab.pool, async (holder) => {
    await holder.query('select 1 from faultline.command where command_id = $1 for update', [low.command_id]);
    const settling = settleSet(lab.bus, [item(high, SUCCESS), item(low, SUCCESS)]);
    await until('the settle waits for the first of its set', async () => {
      const waiting = await lab.rows(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return waiting.length > 0;
    });
    const free = await lab.rows('select 1 from faultline.command where command_id = $1 for update skip locked', [
      high.command_id,
    ]);
    expect(free, 'and holds no later one meanwhile').toHaveLength(1);
    return { settling };
  });
  expect(await settling.settling).toHaveLength(2);
});

test('a batch that has not ended is not marked to be pruned', async () => {
  const lab = await openLab();
  const batch_id = newId();
  await lab.rows(
    `insert into faultline.batch (batch_id, kind, domain, status, total_count, seed, max_attempts, backoff_ms, lease_ms)
     values ($1, 'command', 'lab', 'AT_REST', 1, 's', 1, '{0}', 500)`,
    [batch_id],
  );
  const mark = () => withTx(lab.bus.pool, (tx) => markPruningIfEnded(tx, batch_id));
  expect(await mark()).toBe(false);
  await lab.rows(`update faultline.batch set status = 'COMPLETED' where batch_id = $1`, [batch_id]);
  expect(await mark()).toBe(true);
});
