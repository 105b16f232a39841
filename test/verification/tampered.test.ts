// Every column of the rows that a verdict is given on is verified, or stands here with the reason why it cannot be: one row after another is
// written to by hand, column by column, and each time the verdict must fail. A column that is new fails this test until somebody decides.

import { describe, expect, test } from 'vitest';
import { retryCommand } from '../../src/bus/troubleshooting.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from './lab.ts';

const lab = await openVerdictLab();
const { pool } = lab.database;
const worker = await lab.work();
const each = {
  ...{ fail_permanent_pct: 8, fail_transient_pct: 25, fail_business_rule_pct: 12, timeout_pct: 3, lost_ack_pct: 4 },
  ...{ duplicate_pct: 6, error_code: 'MINE', error_message: 'mine' },
};
const behavior = { query: each, aggregation: each, render: each };
const batch_id = await lab.launch({ count: 40, seed: 'tamper', behavior });
await lab.untilRest(batch_id);
// Whoever counts batches would write to one that is being written to by hand.
await worker.stop();

const MOMENT = 'a moment, which nothing else tells';
const OF_COMMANDS = 'of batches of commands only';
const FOR_PEOPLE = 'for people';

/** By table and column: why no verdict can tell that it was written to. */
const NOT_VERIFIED: Record<string, Record<string, string>> = {
  'faultline.batch': {
    batch_id: 'by it the batch is found',
    kind: 'one of commands has no verdict',
    pruning_at: 'of a batch that is being taken away, and so is not verified',
    input: 'what the definition does not take is refused as an error, before any check',
    name: FOR_PEOPLE,
    experiment: 'its scope is verified by the behavior of each process; the rest is for people, or has had its effect',
    cancel_requested_at: 'that somebody cancelled it, which nothing else tells of a batch',
    conditions_met: 'what followed stands in injection_stopped_at',
    injection_stopped_at: 'what it did stands beside each command',
    ...{ custom: OF_COMMANDS, reply_to: OF_COMMANDS, closed_at: OF_COMMANDS },
    ...{ created_at: MOMENT, started_at: MOMENT, rested_at: MOMENT, completed_at: MOMENT, counted_at: MOMENT },
  },
  'faultline.process': {},
  'faultline.command': {},
  'faultline.attempt': {},
  'e2e.test_command': {},
};

/** Verified of some rows, and of others not: which. */
const PARTLY_VERIFIED: Record<string, Record<string, string>> = {
  'faultline.batch': { status: 'that it fits the counts, not that somebody cancelled it' },
  'faultline.process': {
    updated_at: 'once it has ended',
    parked_at: 'whether, not when',
    deadline_at: 'whether, not when: it begins again when an operator lets the process go on',
  },
  'faultline.command': {
    created_at: 'of the first of a process, of those that went as planned, and of those with a chaos row',
    result: 'where the definition makes something of it, and whether there may be one',
    error_group: 'whether, not which',
  },
  'faultline.attempt': {
    claim_id: 'of the last',
    worker_id: 'of the last',
    started_at: 'of the last, and of any that came too early',
  },
  'e2e.test_command': { payload: 'whose it is, not what else it holds', suppressed: 'not that it is empty' },
};

/** Other values than the one that is there, `x`. */
const OTHER_VALUES: Record<string, readonly string[]> = {
  uuid: ['gen_random_uuid()', 'null'],
  text: [`coalesce(x, '') || 'x'`, 'null'],
  jsonb: [
    `case jsonb_typeof(x) when 'object' then x || '{"tampered": 1}' else '{"tampered": 1}' end`,
    `x || jsonb_build_object((select k from jsonb_object_keys(x) as keys(k) limit 1), 'tampered')`,
    'null',
  ],
  integer: ['coalesce(x, 0) + 1', 'coalesce(x, 0) - 1', 'null'],
  smallint: ['coalesce(x, 0) + 1', 'coalesce(x, 0) - 1', 'null'],
  boolean: ['not coalesce(x, false)', 'null'],
  'timestamp with time zone': [
    `coalesce(x, now()) + interval '3 days'`,
    `coalesce(x, now()) - interval '3 days'`,
    'null',
  ],
  ARRAY: ['x[2:]', `coalesce(x, '{}') || coalesce(x, '{}')`, `'{1}'`, 'null'],
};

/** Which rows of a table are the batch's, and of which one of each kind is written to. */
const ROWS: Record<string, { where: string; kind: string }> = {
  'faultline.batch': { where: 'batch_id = $1', kind: 'batch_id' },
  'faultline.process': { where: 'batch_id = $1', kind: 'status' },
  'faultline.command': { where: `batch_id = $1 and purpose <> 'chunk'`, kind: 'status, purpose' },
  'faultline.attempt': { where: `batch_id = $1 and purpose <> 'chunk'`, kind: 'outcome, fault, purpose' },
  'e2e.test_command': {
    where: 'command_id in (select c.command_id from faultline.command c where c.batch_id = $1)',
    kind: '(select a.fault from faultline.attempt a where a.command_id = e2e.test_command.command_id and a.attempt = 1)',
  },
};

interface Column {
  table: string;
  column: string;
  kind: string;
  type: string;
  /** The words that a constraint allows. */
  words: string[];
}

const { rows: columns } = await pool.query<Column & Record<string, unknown>>(
  `select c.table_schema || '.' || c.table_name as table, c.column_name as column, c.data_type as kind,
     format_type(a.atttypid, a.atttypmod) as type,
     coalesce((select array_agg(w[1]) from pg_constraint k cross join regexp_matches(pg_get_constraintdef(k.oid), '''([^'']+)''', 'g') w
       where k.conrelid = a.attrelid and k.contype = 'c' and k.conkey = array[a.attnum]), '{}') as words
   from information_schema.columns c
     join pg_attribute a on a.attrelid = (c.table_schema || '.' || c.table_name)::regclass and a.attname = c.column_name
   where c.table_schema || '.' || c.table_name = any($1) order by c.table_schema, c.table_name, c.ordinal_position`,
  [Object.keys(ROWS)],
);

interface Answer {
  found: number;
  /** By a constraint of the table: that needs no verdict. */
  refused: number;
  missed: string[];
}

/** Writes other values into a column, row by row, and asks for a verdict each time. */
async function tamper({ table, column, kind, type, words }: Column): Promise<Answer> {
  const { where, kind: of } = ROWS[table] as { where: string; kind: string };
  const { rows } = await pool.query<{ place: string; was: string | null; what: string }>(
    `select distinct on (${of}) ctid::text as place, "${column}"::text as was, concat_ws(' ', ${of}) as what
     from ${table} where ${where} order by ${of}`,
    [batch_id],
  );
  const others = [...(OTHER_VALUES[kind] ?? []), ...words.map((word) => `'${word}'`)];
  const answer: Answer = { found: 0, refused: 0, missed: [] };
  for (const row of rows)
    for (const text of others) {
      const other = text.replaceAll(/\bx\b(?!')/g, `"${column}"`);
      const now = await write(table, column, row.place, other);
      if (now === 'refused') answer.refused++;
      if (now === null || now === 'refused') continue;
      const { failed } = await lab.verify(batch_id).finally(async () => {
        row.place = await putBack(table, column, now.place, { was: row.was, type });
      });
      if (failed.length > 0) answer.found++;
      else answer.missed.push(`${row.what}: ${row.was} -> ${now.value}`);
    }
  const { failed } = await lab.verify(batch_id);
  expect(failed, 'all is as it was').toEqual([]);
  return answer;
}

/** Null where the value was there already. */
async function write(table: string, column: string, place: string, value: string) {
  try {
    const { rows } = await pool.query<{ place: string; value: string | null }>(
      `update ${table} set "${column}" = ${value} where ctid = $1 and "${column}" is distinct from ${value}
       returning ctid::text as place, "${column}"::text as value`,
      [place],
    );
    return rows[0] ?? null;
  } catch (error) {
    // 22: no such value of its type; 23: a constraint.
    if (/^2[23]/.test((error as { code?: string }).code ?? '')) return 'refused';
    throw error;
  }
}

async function putBack(
  table: string,
  column: string,
  place: string,
  { was, type }: { was: string | null; type: string },
) {
  const { rows } = await pool.query<{ place: string }>(
    `update ${table} set "${column}" = $2::${type} where ctid = $1 returning ctid::text as place`,
    [place, was],
  );
  if (rows[0] === undefined) throw new Error(`${table}.${column} could not be put back.`);
  return rows[0].place;
}

test('what is untouched passes', async () => {
  const { verdict, skipped } = await lab.verify(batch_id);
  expect({ verdict, skipped }).toEqual({ verdict: 'pass', skipped: {} });
});

describe.each(Object.keys(ROWS))('%s', (table) => {
  const mine = columns.filter((column) => column.table === table);
  const excused = NOT_VERIFIED[table] ?? {};
  const partly = PARTLY_VERIFIED[table] ?? {};

  test('has the columns that stand here', () => {
    const named = new Set([...Object.keys(excused), ...Object.keys(partly)]);
    const there = new Set(mine.map(({ column }) => column));
    expect([...named].filter((column) => !there.has(column))).toEqual([]);
  });

  const told = mine.filter(({ column }) => column in excused).map((column) => [column.column, column] as const);
  if (told.length > 0)
    test.each(told)('%s is as its reason says: no check can tell', { timeout: 60_000 }, async (_name, column) => {
      const { found } = await tamper(column).catch(() => ({ found: 0 }));
      expect(found).toBe(0);
    });

  const verified = mine.filter(({ column }) => !(column in excused)).map((column) => [column.column, column] as const);
  test.each(verified)('%s that was written by hand fails the verdict', { timeout: 60_000 }, async (name, column) => {
    const { found, refused, missed } = await tamper(column);
    if (!(name in partly)) expect(missed).toEqual([]);
    expect(name in partly ? found : found + refused).toBeGreaterThan(0);
  });
});

test('the statement that is shown for rows that must agree finds the same', async () => {
  const { rows } = await pool.query<{ command_id: string }>(
    `select command_id from faultline.command where batch_id = $1 and purpose = 'step' limit 1`,
    [batch_id],
  );
  const command_id = rows[0]?.command_id;
  const shown = async () => {
    const rule = (await lab.laboratory.verify(batch_id))?.checks.find(({ name }) => name === 'rows_agree');
    return [rule?.violating_ids, (await pool.query(rule?.sql ?? '', [batch_id])).rows];
  };
  expect(await shown()).toEqual([[], []]);
  const set = (priority: string) =>
    pool.query(`update faultline.command set priority = ${priority} where command_id = $1`, [command_id]);
  await set('priority + 3');
  const [violating_ids, found] = await shown();
  await set('priority - 3');
  expect(violating_ids).toEqual([command_id]);
  expect(found).toEqual([{ id: command_id, detail: 'priority' }]);
});

test('what was put back passes', async () => {
  expect(await lab.verify(batch_id)).toMatchObject({ verdict: 'pass', failed: [] });
});

describe('of commands that operators retried, and that were attempted since', async () => {
  const operators = await lab.work();
  const retried = await lab.launch({ count: 2, seed: 'retried', behavior: { query: { fail_permanent_pct: 100 } } });
  await lab.untilRest(retried);
  const parked = await pool.query<{ command_id: string }>(
    `select command_id from faultline.command where batch_id = $1 and status = 'IN_TROUBLESHOOTING_QUEUE'`,
    [retried],
  );
  for (const { command_id } of parked.rows) await retryCommand(lab.service.bus, command_id, { actor: 'ann' });
  await until('they are parked again', async () => {
    const { rows } = await pool.query(
      `select 1 from faultline.batch b where b.batch_id = $1 and b.status = 'AT_REST' and 2 = (select count(*) from faultline.command c
         where c.batch_id = $1 and c.status = 'IN_TROUBLESHOOTING_QUEUE' and c.attempts = 2)`,
      [retried],
    );
    return rows.length === 1;
  });
  await operators.stop();
  const [{ command_id } = { command_id: '' }] = parked.rows;

  test('what is untouched passes', async () => {
    expect(await lab.verify(retried)).toMatchObject({ verdict: 'pass', failed: [] });
  });

  test.each([
    ['error_code', `'OTHER'`],
    ['error_message', `'other'`],
    ['error_group', 'null'],
    ['park_reason', `'EXHAUSTED'`],
    ['settled_at', `settled_at - interval '1 day'`],
  ])('%s is held to the last attempt again', async (column, value) => {
    const before = await pool.query(`select "${column}"::text as was from faultline.command where command_id = $1`, [
      command_id,
    ]);
    await pool.query(`update faultline.command set "${column}" = ${value} where command_id = $1`, [command_id]);
    const { failed } = await lab.verify(retried);
    await pool.query(`update faultline.command set "${column}" = $2 where command_id = $1`, [
      command_id,
      before.rows[0].was,
    ]);
    expect(failed).toContain('rows_agree');
  });
});
