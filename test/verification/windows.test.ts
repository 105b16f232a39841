// Verifies that share a batch by windows must find what one verify finds in one window, sound or broken; and windows cover every process once.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StatementReport } from '../../reporting/process.ts';
import { bindDefinition, outlineOf } from '../../src/verification/outline.ts';
import type { VerifiedBatch } from '../../src/verification/queries/verify.ts';
import { createVerifier, type Judge } from '../../src/verification/verifier.ts';
import { type Verified, verifyBatch } from '../../src/verification/verify.ts';
import { countWindows, createWindows, type Ordinals, takeWindow, verifiedOf } from '../../src/verification/windows.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from './lab.ts';

test('windows cover every ordinal once, whoever takes them, and begin at multiples of their size', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(5_000), fc.integer({ min: 1, max: 3_000 }), (from, count, size) => {
      const ordinals = { from, to: from + count };
      const windows = createWindows(size);
      const taken: Ordinals[] = [];
      for (let one = takeWindow(windows, ordinals); one !== null; one = takeWindow(windows, ordinals)) taken.push(one);
      expect(taken).toHaveLength(countWindows(ordinals, size));
      let next = from;
      for (const window of taken) {
        expect(window.from).toBe(next);
        expect(window.from === from || window.from % size === 0).toBe(true);
        expect(window.to - window.from).toBeLessThanOrEqual(size);
        next = window.to;
      }
      expect(next).toBe(Math.max(from, ordinals.to));
    }),
  );
});

const COUNT = 90;
const lab = await openVerdictLab();
const { pool } = lab.database;
const worker = await lab.work();
const each = { fail_transient_pct: 15, fail_permanent_pct: 5, fail_business_rule_pct: 8 };
const batch_id = await lab.launch({
  seed: 'windows',
  count: COUNT,
  behavior: { query: each, aggregation: each, render: each },
});
await lab.untilRest(batch_id);
// Whoever counts batches would write to one that is being written to by hand.
await worker.stop();

/** The documents come whole for each window: the application of this lab does not cut them. */
const processesOf = (batch: VerifiedBatch) => ({
  code: bindDefinition(StatementReport, batch),
  outline: outlineOf(StatementReport, batch.input),
  documents: ({ process_type, state }: { process_type: string; state: Record<string, unknown> }) =>
    lab.service.application.artifacts?.({ process_type, state }) ?? [],
  async *stored() {
    const all = [...lab.documents].map(([path, document]) => ({ path, ...document }));
    for (let at = 0; at < all.length; at += 10) yield all.slice(at, at + 10);
  },
});

/** Without the order in which verifies found it. */
function inOrder(verified: Verified | null) {
  return verified?.checks.map(({ violating_ids, details, note, ...check }) => ({
    ...check,
    violating_ids: violating_ids.toSorted(),
    details: details.toSorted(),
    note: note?.split(', ').toSorted(),
  }));
}

async function expectTheSame(): Promise<Verified | null> {
  const one = await verifyBatch({ pool, batch_id, processesOf, windows: createWindows(COUNT) });
  const helpers = [createVerifier(pool, processesOf), createVerifier(pool, processesOf)];
  for (const size of [1, 7, 40]) {
    const windows = createWindows(size);
    const many = await verifyBatch({ pool, batch_id, processesOf, windows, helpers });
    expect(verifiedOf(windows)).toBe(COUNT);
    expect(inOrder(many)).toEqual(inOrder(one));
  }
  return one;
}

test('a sound batch', async () => {
  const verified = await expectTheSame();
  expect(verified?.checks.filter(({ status }) => status !== 'pass')).toEqual([]);
  expect(verified?.checks.find(({ name }) => name === 'artifacts')?.checked).toBe(lab.documents.size);
});

test('a batch with damage in many places', async () => {
  await pool.query(
    `update faultline.process set state = state || '{"output_type": "pdf"}' where batch_id = $1 and ordinal % 13 = 0`,
    [batch_id],
  );
  await pool.query(
    `delete from faultline.attempt a using faultline.process p
     where p.batch_id = $1 and p.ordinal in (34, 68) and a.process_id = p.process_id and a.attempt = 1`,
    [batch_id],
  );
  await pool.query(
    `delete from faultline.command c using faultline.process p
     where p.batch_id = $1 and p.ordinal = 41 and c.process_id = p.process_id`,
    [batch_id],
  );
  const [gone] = [...lab.documents.keys()];
  lab.documents.delete(gone as string);
  lab.documents.set('stray/1', { process_id: '01900000-0000-7000-8000-000000000000', step: 'query', batch_id });
  lab.documents.set('stray/2', { process_id: 'no id at all', step: 'query', batch_id });
  const verified = await expectTheSame();
  const failed = Object.fromEntries(
    (verified?.checks ?? [])
      .filter(({ status }) => status === 'fail')
      .map(({ name, violations }) => [name, violations]),
  );
  expect(failed).toMatchObject({ state: 7, artifacts: 3, one_command_per_step: 1 });
  expect(failed.settled_once).toBeGreaterThanOrEqual(2);
});

test('a verify that cannot begin is not missed', async () => {
  const bad: Judge = async () => {
    throw new Error('it has no connection');
  };
  const sound = inOrder(await verifyBatch({ pool, batch_id, processesOf }));
  const windows = createWindows(5);
  const helpers = [bad, createVerifier(pool, processesOf)];
  expect(inOrder(await verifyBatch({ pool, batch_id, processesOf, windows, helpers }))).toEqual(sound);
});

test('a verify that fails within a window fails the verdict, after the others have ended; no transaction is left open', async () => {
  let others = 0;
  const good = createVerifier(pool, processesOf);
  const counted: Judge = async (task) => {
    const findings = await good(task);
    others++;
    return findings;
  };
  const bad = createVerifier(pool, (batch) => ({
    ...processesOf(batch),
    documents: () => {
      throw new Error('it has seen enough');
    },
  }));
  const verifying = verifyBatch({ pool, batch_id, processesOf, windows: createWindows(1), helpers: [bad, counted] });
  await expect(verifying).rejects.toThrow('it has seen enough');
  expect(others).toBe(1);
  // A worker is about, whose transactions are short.
  await until('no transaction is open', async () => {
    const { rows } = await pool.query(
      `select 1 from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`,
    );
    return rows.length === 0;
  });
});
