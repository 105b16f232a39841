// Pruning: whole batches and standalone commands that ended long ago go with all that is theirs; everything else stays as it was.
// Ended at any slice it goes on; nothing that is open, at rest or held is touched, whatever runs meanwhile.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { retryCommand } from '../../src/bus/troubleshooting.ts';
import { findBatch, listBatches } from '../../src/db/queries/read-batches.ts';
import { findProcess, listProcesses } from '../../src/db/queries/read-processes.ts';
import { PermanentCommandError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { countPrunable, type Pruned, type PruneRequest, type PruneRun, pruneEnded } from '../../src/process/prune.ts';
import { emptyTables } from '../support/database.ts';
import { insertCommand } from '../support/factories.ts';
import { signal, until } from '../support/until.ts';
import { chain, type Lab, openLab } from './lab.ts';

const trip = chain(['book', 'pay']);
const lab = await openLab({ processes: [trip] });
const DAY_MS = 86_400_000;
const MONTH: PruneRequest = {
  older_than_ms: 30 * DAY_MS,
  batches: true,
  commands: true,
  records: true,
  replies: false,
  process_types: [trip.type],
};

beforeAll(async () => {
  await lab.work();
});

// What a test itself put into the tables is no change of status by Faultline.
afterAll(async () => {
  await lab.pool.query(`delete from transition where kind = 'command' and was is null and became <> 'PENDING'`);
});

const prune = (run: PruneRun = {}, request: Partial<PruneRequest> = {}): Promise<Pruned> =>
  pruneEnded(lab.bus, { ...MONTH, ...request }, run);

/** Moves the end of a batch into the past. */
async function age(batch_id: string, days = 40): Promise<string> {
  await lab.pool.query(
    `update faultline.batch set completed_at = now() - $2 * interval '1 day', pruning_at = null where batch_id = $1`,
    [batch_id, days],
  );
  return batch_id;
}

async function endedBatch(count = 3, of: Lab = lab): Promise<string> {
  const behavior = { book: { fail_transient_pct: 30 } };
  const batch_id = await of.launch(trip, { count, behavior });
  await until(
    'the batch is ended',
    async () => {
      const { status } = await of.batch(batch_id);
      if (status !== 'AT_REST') return String(status).startsWith('COMPLETED');
      // Two transient faults in a row park it.
      for (const { awaiting_command_id } of await of.processes(batch_id))
        if (awaiting_command_id) await retryCommand(of.bus, awaiting_command_id, { actor: 'ann' }).catch(() => {});
      return false;
    },
    { deadline_ms: 60_000 },
  );
  return batch_id;
}

async function restingBatch(): Promise<string> {
  const script = () => {
    throw new PermanentCommandError('BROKEN', 'It broke.');
  };
  const batch_id = await lab.launch(trip, { count: 2, script });
  await lab.untilBatch(batch_id, 'AT_REST');
  return batch_id;
}

const TABLES = ['batch', 'process', 'command', 'attempt', 'event', 'reply', 'batch_behavior', 'verdict'].map(
  (name) => `faultline.${name}`,
);
TABLES.push('e2e.test_command');

/** What the lab keeps of a batch beside its own rows. */
async function addLabRows(batch_id: string): Promise<string> {
  await lab.pool.query(
    `insert into faultline.batch_behavior (batch_id, version, behavior, actor) values ($1, 1, '{}', 'ann')`,
    [batch_id],
  );
  await lab.pool.query(
    `insert into faultline.verdict (batch_id, verdict, checks, fingerprint, duration_ms) values ($1, 'pass', '[]', '', 1)`,
    [batch_id],
  );
  return batch_id;
}

/** Every row, as text. */
async function rowsOf({ pool }: Pick<Lab, 'pool'>): Promise<Set<string>> {
  const all = new Set<string>();
  for (const table of TABLES) {
    const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${table} t`);
    for (const { row } of rows) all.add(`${table} ${row}`);
  }
  return all;
}

/** Rows of a batch, by table. */
async function rowsOfBatch({ pool }: Pick<Lab, 'pool'>, batch_id: string): Promise<Set<string>> {
  const mine = new Set<string>();
  const ids = `(select command_id from faultline.command where batch_id = '${batch_id}')`;
  for (const table of TABLES) {
    const where = table === 'e2e.test_command' ? `command_id in ${ids}` : `batch_id = '${batch_id}'`;
    const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${table} t where ${where}`);
    for (const { row } of rows) mine.add(`${table} ${row}`);
  }
  return mine;
}

/** Rows whose owner is gone. */
async function orphans({ pool }: Pick<Lab, 'pool'>): Promise<Record<string, number>> {
  const { rows } = await pool.query(`
    select
      (select count(*) from faultline.attempt a where not exists
        (select from faultline.command c where c.command_id = a.command_id)) as attempts,
      (select count(*) from e2e.test_command t where not exists
        (select from faultline.command c where c.command_id = t.command_id)) as chaos_rows,
      (select count(*) from faultline.event e where
        (e.command_id is not null and not exists (select from faultline.command c where c.command_id = e.command_id))
        or (e.batch_id is not null and not exists (select from faultline.batch b where b.batch_id = e.batch_id))) as events,
      (select count(*) from faultline.command c where c.process_id is not null and not exists
        (select from faultline.process p where p.process_id = c.process_id and c.command_id = any(p.command_ids))) as commands,
      (select count(*) from faultline.process p where not exists
        (select from faultline.batch b where b.batch_id = p.batch_id)) as processes,
      (select count(*) from faultline.process p cross join unnest(p.command_ids) i(id) where not exists
        (select from faultline.command c where c.command_id = i.id)) as missing_commands`);
  return rows[0];
}
const NONE = { attempts: 0, chaos_rows: 0, events: 0, commands: 0, processes: 0, missing_commands: 0 };

const without = (all: Set<string>, ...others: Set<string>[]) =>
  [...all].filter((row) => !others.some((other) => other.has(row)));

// What one test leaves behind would be found by the next.
beforeEach(async () => {
  lab.onProbe = () => {};
  await emptyTables(lab.pool, ...TABLES, 'faultline.idempotency_key');
});

describe('a batch', () => {
  test('goes with all that is its own, and not a byte of another changes', async () => {
    const old = await addLabRows(await age(await endedBatch(4)));
    const young = await addLabRows(await age(await endedBatch(), 29));
    const resting = await restingBatch();
    const held = signal<(value: unknown) => void>('its handler runs');
    const waiting = await lab.launch(trip, { script: ({ key }) => key === 'book' && new Promise(held.fire) });
    const letGo = await held.promise;
    // Its first step may run before the chunk that made it is settled.
    const open = `select count(*) as count from faultline.command where purpose = 'chunk' and status <> 'COMPLETED'`;
    await until('every chunk is settled', async () => (await lab.pool.query(open)).rows[0].count === 0);
    const mine = await rowsOfBatch(lab, old);
    const kinds = new Set([...mine].map((row) => row.split(' ')[0]));
    expect([...kinds].sort()).toEqual([...TABLES].filter((table) => table !== 'faultline.reply').sort());

    const before = await rowsOf(lab);
    const { counts, finished, left_count } = await prune();
    const after = await rowsOf(lab);
    // Counts of what is open are written each second.
    const counted = (row: string) => /^faultline\.batch .*(AT_REST|RUNNING|CREATING)/.test(row);
    expect(without(before, mine, after).filter((row) => !counted(row))).toEqual([]);
    expect(without(after, before).filter((row) => !counted(row))).toEqual([]);
    expect([...mine].filter((row) => after.has(row))).toEqual([]);
    expect({ batches: counts.batches, processes: counts.processes, finished, left_count }).toEqual({
      batches: 1,
      processes: 4,
      finished: true,
      left_count: 0,
    });
    expect(await orphans(lab)).toEqual(NONE);
    expect((await lab.batch(young)).status).toMatch(/COMPLETED/);
    expect((await lab.batch(resting)).status).toBe('AT_REST');
    letGo({});
    await lab.untilBatch(waiting, 'COMPLETED');
  });

  test('is never one that is open or at rest, however old', async () => {
    const resting = await restingBatch();
    await lab.pool.query(
      `update faultline.batch set created_at = now() - interval '9 years', rested_at = now() - interval '9 years'
       where batch_id = $1`,
      [resting],
    );
    const { rows } = await lab.pool.query<{ ids: string[] }>(
      `select array_agg(command_id) as ids from faultline.command where status = 'IN_TROUBLESHOOTING_QUEUE'`,
    );
    await prune({}, { older_than_ms: 0 });
    expect(await lab.processes(resting)).toHaveLength(2);
    const { rows: still } = await lab.pool.query(
      'select count(*) as count from faultline.command where command_id = any($1)',
      [rows[0]?.ids],
    );
    expect(still).toEqual([{ count: rows[0]?.ids.length }]);
    expect((await lab.batch(resting)).pruning_at).toBeNull();
  });

  test('of an ending that was not asked for stays', async () => {
    const completed = await age(await endedBatch());
    await prune({}, { endings: ['failed', 'canceled'] });
    expect((await lab.batch(completed)).pruning_at).toBeNull();
    await prune({}, { endings: ['completed'] });
    expect(await lab.batch(completed)).toBeUndefined();
  });

  test('of a process type that is not known here stays, unless any type is asked for', async () => {
    const unknown = await age(await endedBatch());
    const request = { process_types: ['Other'] };
    expect((await countPrunable(lab.bus, { ...MONTH, ...request })).unknown_count).toBe(1);
    expect((await prune({}, request)).unknown_count).toBe(1);
    expect((await lab.batch(unknown)).pruning_at).toBeNull();
    await prune({}, { process_types: null });
    expect(await lab.batch(unknown)).toBeUndefined();
  });

  test('whose Idempotency-Key still counts stays, so that a repeated launch finds it', async () => {
    const batch_id = await age(await endedBatch());
    const key = newId();
    await lab.pool.query('insert into faultline.idempotency_key values ($1, $2, $3)', [key, 'hash', batch_id]);
    await prune();
    expect((await lab.batch(batch_id)).pruning_at).toBeNull();
    await lab.pool.query(`update faultline.idempotency_key set created_at = now() - interval '25 hours'`);
    expect((await prune()).counts).toMatchObject({ batches: 1, idempotency_keys: 1 });
  });

  test('is counted by a dry run, which deletes nothing', async () => {
    const batch_id = await age(await endedBatch(3));
    expect(await countPrunable(lab.bus, MONTH)).toMatchObject({ batches: 1, in_batches: 3, unknown_count: 0 });
    expect((await lab.batch(batch_id)).pruning_at).toBeNull();
    expect((await prune()).counts.batches).toBe(1);
  });
});

describe('ended in the middle', () => {
  test('at each slice in turn, by a broken connection, it goes on; what is half deleted is not shown', async () => {
    const batch_id = await age(await endedBatch(300));
    const [process] = await lab.processes(batch_id);
    let runs = 0;
    for (let over = false; !over; runs++) {
      let slices = 0;
      lab.onProbe = async (point) => {
        if (point !== 'in_prune_slice' || slices++ !== runs) return;
        await lab.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name = 'faultline bus' and state = 'idle in transaction'`,
        );
      };
      over = await prune({}, { records: false, commands: false }).then(
        // The server may still be ending the last one's connection, which holds the batch.
        ({ left_count }) => left_count === 0,
        () => false,
      );
      if (over) break;
      expect(await findBatch(lab.pool, batch_id)).toBeNull();
      expect((await listBatches(lab.pool, { limit: 100 })).map((batch) => batch.batch_id)).not.toContain(batch_id);
      expect((await listProcesses(lab.pool, { limit: 1_000 })).map((row) => row.batch_id)).not.toContain(batch_id);
      expect(await findProcess(lab.pool, process?.process_id as string)).toBeNull();
    }
    lab.onProbe = () => {};
    expect(runs).toBeGreaterThan(1);
    expect(await lab.batch(batch_id)).toBeUndefined();
    expect(await orphans(lab)).toEqual(NONE);
  });

  test('by its number of slices it says so, and the next run does the rest', async () => {
    const batch_id = await age(await endedBatch(300));
    const first = await prune({ max_slices: 1 });
    expect(first).toMatchObject({ finished: false, counts: { batches: 0 } });
    expect(first.counts.processes).toBeGreaterThan(0);
    const rest = await prune({}, { endings: ['canceled'] });
    expect(rest).toMatchObject({ finished: true, counts: { batches: 1 } });
    expect(first.counts.processes + rest.counts.processes).toBe(300);
    expect(await lab.batch(batch_id)).toBeUndefined();
  });

  test('because its documents cannot be removed: it stays hidden, and the next run tries again before any row', async () => {
    const batch_id = await age(await endedBatch());
    const refusing = await prune({
      removeArtifacts: async () => {
        throw new Error('The disk is away.');
      },
    });
    expect(refusing).toMatchObject({ left_count: 1, failed: [{ batch_id, message: 'The disk is away.' }] });
    expect(await lab.processes(batch_id)).toHaveLength(3);
    expect(await findBatch(lab.pool, batch_id)).toBeNull();
    const seen: unknown[] = [];
    await prune({
      removeArtifacts: async (batch) => void seen.push({ ...batch, rows: (await lab.processes(batch_id)).length }),
    });
    expect(seen).toEqual([{ batch_id, process_type: 'Chain', rows: 3 }]);
    expect(await lab.batch(batch_id)).toBeUndefined();
  });
});

describe('a late effect of a batch that ended', () => {
  /** As the router leaves it: a compensation that no one waits for, parked. */
  async function addLateEffect(batch_id: string, ordinal: number): Promise<string> {
    const process = (await lab.processes(batch_id))[ordinal];
    const { command_id } = await insertCommand(lab.pool, 'IN_TROUBLESHOOTING_QUEUE', {
      batch_id,
      process_id: process?.process_id,
      purpose: 'compensation',
      domain: 'lab',
    });
    await lab.pool.query('update faultline.process set command_ids = command_ids || $2::uuid where process_id = $1', [
      process?.process_id,
      command_id,
    ]);
    return command_id as string;
  }

  test('that waits for an operator keeps the whole batch, shown as it is', async () => {
    const batch_id = await age(await endedBatch());
    const command_id = await addLateEffect(batch_id, 1);
    expect(await prune()).toMatchObject({ left_count: 1, counts: { batches: 0, processes: 0 } });
    expect(await findBatch(lab.pool, batch_id)).not.toBeNull();
    await lab.pool.query(`update faultline.command set status = 'COMPLETED' where command_id = $1`, [command_id]);
    expect((await prune()).counts).toMatchObject({ batches: 1, processes: 3 });
  });

  test('that comes while the batch is pruned keeps its process whole; the rest goes', async () => {
    const batch_id = await age(await endedBatch(300));
    let command_id = '';
    lab.onProbe = async (point) => {
      if (point === 'in_prune_slice' && command_id === '') command_id = await addLateEffect(batch_id, 299);
    };
    expect(await prune()).toMatchObject({ left_count: 1, counts: { batches: 0, processes: 299 } });
    lab.onProbe = () => {};
    const [left] = await lab.processes(batch_id);
    const present = await lab.commands({ process_id: left?.process_id as string });
    expect(present.map((command) => command.command_id)).toEqual(left?.command_ids);
    expect(present.at(-1)?.command_id).toBe(command_id);
    await lab.pool.query(`update faultline.command set status = 'COMPLETED' where command_id = $1`, [command_id]);
    expect((await prune()).counts).toMatchObject({ batches: 1, processes: 1 });
    expect(await orphans(lab)).toEqual(NONE);
  });
});

describe('at the same time', () => {
  test('two prunes delete each row once', async () => {
    for (let n = 0; n < 3; n++) await age(await endedBatch(300));
    const runs = await Promise.all([prune(), prune()]);
    // What one left to the other, because it was at it, is deleted by the other.
    const rest = await prune();
    const sum = (kind: 'batches' | 'processes') =>
      [...runs, rest].reduce((total, { counts }) => total + counts[kind], 0);
    expect({ batches: sum('batches'), processes: sum('processes') }).toEqual({ batches: 3, processes: 900 });
    expect(rest.left_count).toBe(0);
    expect(await orphans(lab)).toEqual(NONE);
  });

  test('a running batch, operators who retry, and pruning without end: every process ends, nothing is torn', async () => {
    let broken = true;
    const script = () => {
      if (broken) throw new PermanentCommandError('BROKEN', 'It broke.');
    };
    const batch_id = await lab.launch(trip, { count: 40, script });
    const others = [await endedBatch(20), await endedBatch(20)];
    await lab.untilBatch(batch_id, 'AT_REST');
    broken = false;
    let over = false;
    const pruning = (async () => {
      while (!over) await prune({}, { older_than_ms: 0, endings: ['completed', 'failed'] });
    })();
    const parked = await lab.processes(batch_id);
    const process_ids = new Set(parked.map(({ process_id }) => process_id));
    await Promise.all(
      parked.map(({ awaiting_command_id }) => retryCommand(lab.bus, awaiting_command_id as string, { actor: 'ann' })),
    );
    await until('all batches are gone', async () => {
      const left = await Promise.all([batch_id, ...others].map((id) => lab.batch(id)));
      return left.every((batch) => batch === undefined);
    });
    over = true;
    await pruning;
    const paid = lab.calls.filter(({ key, process_id }) => key === 'pay' && process_ids.has(process_id));
    expect(new Set(paid.map(({ process_id }) => process_id)).size).toBe(40);
    expect(await orphans(lab)).toEqual(NONE);
  });
});

describe('with three lanes', () => {
  test('a batch of 2,100 is gone from all of them', async () => {
    const wide = await openLab({ processes: [trip], lanes: 3 });
    await wide.work();
    const batch_id = await endedBatch(2_100, wide);
    expect(
      new Set((await wide.pool.query('select lane from faultline.process')).rows.map(({ lane }) => lane)).size,
    ).toBe(3);
    await pruneEnded(wide.bus, { ...MONTH, older_than_ms: 0 });
    expect([...(await rowsOf(wide))]).toEqual([]);
    expect(await wide.batch(batch_id)).toBeUndefined();
  }, 90_000);
});
