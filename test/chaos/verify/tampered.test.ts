import { test } from 'vitest';
import { openVerdictLab } from './lab.ts';

const lab = await openVerdictLab();
const { pool } = lab.database;
await lab.work();
const step = {
  fail_permanent_pct: 8,
  fail_transient_pct: 25,
  fail_business_rule_pct: 12,
  timeout_pct: 3,
  lost_ack_pct: 4,
  duplicate_pct: 6,
  error_code: 'MINE',
  error_message: 'mine',
};
const batch_id = await lab.launch({
  count: 40,
  seed: 'tamper',
  behavior: { query: step, aggregation: step, render: step },
});
await lab.untilRest(batch_id);

const TYPES: Record<string, (c: string) => string[]> = {
  uuid: (c) => [
    `case when ${c} is null then gen_random_uuid() else gen_random_uuid() end`,
    `case when ${c} is null then gen_random_uuid() end`,
  ],
  text: (c) => [`coalesce(${c}, '') || 'x'`, `case when ${c} is null then 'x' end`],
  jsonb: (c) => [
    `case jsonb_typeof(${c}) when 'object' then ${c} || '{"tampered": 1}' else '{"tampered": 1}'::jsonb end`,
    `case when ${c} is null then '{}'::jsonb end`,
  ],
  integer: (c) => [`coalesce(${c}, 0) + 1`, `coalesce(${c}, 0) - 1`],
  smallint: (c) => [`coalesce(${c}, 0) + 1`, `coalesce(${c}, 0) - 1`],
  boolean: (c) => [`not coalesce(${c}, false)`],
  'timestamp with time zone': (c) => [
    `coalesce(${c}, now()) + interval '3 days'`,
    `coalesce(${c}, now()) - interval '3 days'`,
    `case when ${c} is null then now() end`,
  ],
  ARRAY: (c) => [`${c}[2:] `, `coalesce(${c}, '{}') || coalesce(${c}, '{}')`],
};

test('tamper', { timeout: 600_000 }, async () => {
  const base = await lab.verify(batch_id);
  console.log(JSON.stringify(base));
  const { rows: cols } = await pool.query(
    `select table_schema||'.'||table_name as t, column_name as c, data_type as d from information_schema.columns where (table_schema, table_name) in (('faultline','process'),('faultline','command'),('faultline','attempt'),('faultline','batch'),('e2e','test_command')) order by 1, ordinal_position`,
  );
  const out: string[] = [];
  for (const { t, c, d } of cols) {
    const key = t === 'faultline.process' ? 'process_id' : t === 'faultline.batch' ? 'batch_id' : 'command_id';
    const where =
      t === 'e2e.test_command'
        ? `command_id in (select command_id from faultline.command where batch_id = '${batch_id}')`
        : `batch_id = '${batch_id}'`;
    const group =
      t === 'faultline.process' || t === 'faultline.command'
        ? 'status' + (t === 'faultline.command' ? ', purpose' : '')
        : t === 'faultline.attempt'
          ? 'outcome, fault, purpose'
          : '1';
    const { rows } = await pool.query(
      `select distinct on (${group}) ctid::text, * from ${t} where ${where}${t === 'faultline.command' ? " and purpose <> 'chunk'" : t === 'faultline.attempt' ? " and purpose <> 'chunk'" : ''}`.replace(
        'distinct on (1)',
        'distinct on (ctid)',
      ) + (t === 'e2e.test_command' ? ' limit 3' : ''),
    );
    const res: Record<string, number> = {};
    for (const row of rows)
      for (const expr of TYPES[d]?.(`"${c}"`) ?? []) {
        let label: string;
        const whole = await pool.query(`select r::text as r from ${t} r where ctid = $1`, [row.ctid]);
        let up: any;
        try {
          up = await pool.query(
            `update ${t} set "${c}" = ${expr} where ctid = $1 and "${c}" is distinct from ${expr} returning ctid::text, "${c}" as now`,
            [row.ctid],
          );
        } catch (e) {
          label = 'refused';
          res[label] = (res[label] ?? 0) + 1;
          continue;
        }
        if (up.rowCount === 0) continue;
        const tell = `${
          group === '1'
            ? ''
            : group
                .split(', ')
                .map((g) => row[g])
                .join('/')
        } ${JSON.stringify(row[c])?.slice(0, 60)} -> ${JSON.stringify(up.rows[0].now)?.slice(0, 60)}`;
        try {
          const { failed } = await lab.verify(batch_id);
          label = failed.length ? 'found' : `MISSED ${tell}`;
        } catch (e) {
          label = `THREW ${tell} ${(e as Error).message.slice(0, 100)}`;
        }
        await pool.query(`delete from ${t} where ctid = (select ctid from ${t} where ctid = $1)`, [up.rows[0].ctid]);
        const ins = await pool.query(
          `insert into ${t} overriding system value select (x.r).* from (select $1::${t} as r) x returning ctid::text`,
          [whole.rows[0].r],
        );
        res[label] = (res[label] ?? 0) + 1;
        row.ctid = ins.rows[0].ctid;
      }
    out.push(`${t}.${c}: ${JSON.stringify(res)}`);
  }
  const end = await lab.verify(batch_id);
  console.log(out.join('\n'));
  console.log(JSON.stringify(end));
});
