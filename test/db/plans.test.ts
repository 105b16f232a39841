// The plans of the hot statements: on an empty, a fresh, a grown and a large table they reach their rows by key.
// What is explained is what the query functions really send, over connections set up as the bus's are.

import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { markFaultsIfLeased, readChaosSources, suppressAttempts } from '../../src/chaos/queries/test-command.ts';
import { asTx, createPool, type Queryable } from '../../src/db/pool.ts';
import * as claims from '../../src/db/queries/claims.ts';
import * as processes from '../../src/db/queries/processes.ts';
import * as settles from '../../src/db/queries/settles.ts';
import * as terminate from '../../src/db/queries/terminate.ts';
import * as verbs from '../../src/db/queries/troubleshooting.ts';
import type { ClaimedCommand } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Plans?: PlanNode[];
}

const HOT = ['command', 'process', 'attempt', 'event', 'test_command'];

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

interface Explained {
  /** The plan for these very parameters. */
  custom: PlanNode[];
  /** The plan that is made once and kept, whatever the parameters; null for a statement that is planned each time. */
  kept: PlanNode[] | null;
}

/** Explains what `run` sends, instead of doing it. */
async function explain(client: pg.ClientBase, run: (db: Queryable) => Promise<unknown>): Promise<Explained> {
  const explained: Explained[] = [];
  const explaining = {
    async query(query: string | pg.QueryConfig, unnamed?: unknown[]) {
      const { text, name, values = [] } = typeof query === 'string' ? { text: query, values: unnamed } : query;
      const custom = planOf(await client.query({ text: `explain (format json) ${text}`, values }));
      explained.push({ custom, kept: name ? await explainKept(client, text, values.length) : null });
      return { rows: [], rowCount: 0 };
    },
  };
  await run(explaining as unknown as Queryable);
  const [only, ...others] = explained;
  if (only === undefined || others.length > 0) throw new Error(`${explained.length} statements instead of one`);
  return only;
}

async function explainKept(client: pg.ClientBase, text: string, parameters: number): Promise<PlanNode[]> {
  await client.query(`prepare explained as ${text}`);
  await client.query('set plan_cache_mode = force_generic_plan');
  const nothing = Array(parameters).fill('null').join(', ');
  const plan = planOf(await client.query(`explain (format json) execute explained(${nothing})`));
  await client.query('deallocate explained');
  return plan;
}

function planOf({ rows }: pg.QueryResult): PlanNode[] {
  return nodesOf(rows[0]['QUERY PLAN'][0].Plan as PlanNode);
}

const operated = (ids: Ids) => ({ ids: ids.map((i) => i.command_id), parked_until_us: null });

type Ids = { command_id: string; claim_id: string; process_id: string; lane: number; attempts: number }[];
const line = (ids: Ids[number]): settles.SettleLine => ({
  command: ids as unknown as ClaimedCommand,
  outcome: { kind: 'success', result: {} },
  settlement: { status: 'COMPLETED', effect: 'COMPLETED', delay_ms: null, reason: null, reply: 'SUCCESS' },
  interrupted: 0,
  error_group: null,
});
const change = ({ process_id, command_id }: Ids[number]): processes.ProcessChange => ({
  process_id,
  replied_command_id: command_id,
  status: 'COMPLETED',
  current_step: null,
  awaiting_command_id: null,
  state: {},
  append_step: null,
  undo: null,
  ending: null,
  error_code: null,
  error_message: null,
  keep_effects: false,
});
const claim = { domain: 'lab', lane: 0, limit: 100, claim_id: newId(), worker_id: newId() };
const awaited = (ids: Ids) => ids.map((one) => ({ ...one, error_code: null, error_message: null }));

/** Each hot statement, and the indexes by which it reaches its rows. */
const STATEMENTS: [name: string, indexes: string[], run: (db: Queryable, ids: Ids) => Promise<unknown>][] = [
  ['claim', ['command_pkey', 'command_ready', 'domain_pkey'], (db) => claims.claimReadyCommands(db, claim)],
  [
    'claim within a cap',
    ['command_leased', 'command_pkey', 'command_ready', 'domain_pkey'],
    (db) => claims.claimReadyCommandsWithinCap(asTx(db), claim),
  ],
  ['extend a lease', ['command_pkey'], (db, [id]) => claims.extendLeaseIfHeld(db, id as Ids[number], 60_000)],
  ['next due', ['command_ready'], (db) => claims.readNextDueMs(db, 'lab', 1_000)],
  ['settle, leased', ['command_pkey'], (db, ids) => settles.settleIfLeased(asTx(db), 0, ids.map(line))],
  ['settle, expired', ['command_pkey'], (db, ids) => settles.settleIfExpired(asTx(db), 0, ids.map(line))],
  ['renew', ['command_pkey', 'command_pkey'], (db, ids) => claims.renewLeasesIfHeld(db, 0, ids)],
  ['held claims', ['command_pkey'], (db, ids) => claims.readHeldClaims(db, 0, ids)],
  ['answered claims', ['attempt_pkey', 'event_command'], (db, ids) => settles.readAnsweredClaims(db, 0, ids)],
  ['expired', ['command_leased'], (db) => settles.lockExpiredCommands(asTx(db), 0, 500)],
  ['leases of a dead worker', ['command_leased', 'command_pkey'], (db) => claims.expireWorkerLeases(db, newId())],
  [
    'processes, read',
    ['process_pkey'],
    (db, ids) =>
      processes.readProcesses(
        asTx(db),
        0,
        ids.map((i) => i.process_id),
      ),
  ],
  [
    'processes, locked',
    ['process_pkey'],
    (db, ids) =>
      processes.lockProcesses(
        asTx(db),
        0,
        ids.map((i) => i.process_id),
      ),
  ],
  ['processes, advanced', ['process_pkey'], (db, ids) => processes.updateIfAwaiting(asTx(db), 0, ids.map(change))],
  [
    'processes, parked',
    ['process_pkey', 'process_pkey'],
    (db, ids) => processes.parkAwaitingProcesses(asTx(db), 0, awaited(ids)),
  ],
  [
    'processes, unparked',
    ['process_pkey', 'process_pkey'],
    (db, ids) => processes.unparkAwaitingProcesses(asTx(db), 0, ids),
  ],
  [
    'faults, marked',
    ['command_pkey', 'command_pkey'],
    (db, ids) =>
      markFaultsIfLeased(
        db,
        0,
        ids.map((i) => ({ ...i, fault: 'timeout' })),
      ),
  ],
  [
    'chaos of a set',
    ['batch_pkey', 'process_pkey', 'setting_pkey', 'test_command_pkey'],
    (db, ids) =>
      readChaosSources(
        db,
        ids.map((i) => ({ ...i, batch_id: null })),
      ),
  ],
  [
    'attempts, suppressed',
    ['test_command_pkey'],
    (db, ids) =>
      suppressAttempts(
        db,
        0,
        ids.map((i) => ({ command_id: i.command_id, attempt: i.attempts })),
      ),
  ],
  [
    'operator, lock',
    ['command_pkey'],
    (db, ids) =>
      verbs.lockCommands(
        asTx(db),
        0,
        ids.map((i) => i.command_id),
      ),
  ],
  ['operator, retry', ['command_pkey'], (db, ids) => verbs.retryIfParked(asTx(db), 0, operated(ids))],
  ['operator, complete', ['command_pkey'], (db, ids) => verbs.completeIfParked(asTx(db), 0, operated(ids), {})],
  [
    'operator, advance failed',
    ['process_pkey'],
    (db, ids) =>
      verbs.lockAdvanceFailed(
        asTx(db),
        0,
        ids.map((i) => i.process_id),
      ),
  ],
  [
    'cancel, unattempted',
    ['command_pkey', 'command_pkey'],
    (db, ids) =>
      verbs.cancelIfUnattempted(
        asTx(db),
        0,
        ids.map((i) => i.command_id),
      ),
  ],
];

const terminateLine = ({ command_id }: Ids[number]): terminate.TerminateLine => ({
  command_id,
  status: 'CANCELED',
  effect: 'CANCELED',
  reason: null,
  error_code: 'OPERATOR_CANCELED',
  error_message: '',
  error_group: null,
});
const idsOf = (ids: Ids) => ids.map(({ command_id }) => command_id);
STATEMENTS.push(
  [
    'terminate, live',
    ['command_pkey', 'command_pkey'],
    (db, ids) => terminate.terminateIfLive(asTx(db), 0, ids.map(terminateLine)),
  ],
  [
    'terminate, open',
    ['command_pkey', 'command_pkey'],
    (db, ids) => terminate.terminateIfOpen(asTx(db), 0, ids.map(terminateLine)),
  ],
  [
    'deadlines, found',
    ['command_deadline', 'command_pkey', 'process_deadline'],
    (db) => terminate.findOverdueCommands(db, 0, 500),
  ],
  ['deadlines, locked', ['command_pkey'], (db, ids) => terminate.lockLiveCommands(asTx(db), 0, idsOf(ids))],
  [
    'deadlines, read',
    ['command_pkey', 'command_pkey', 'process_pkey'],
    (db, ids) => terminate.readOverdue(asTx(db), 0, idsOf(ids)),
  ],
);

/** Commands of every status with their processes and attempts, as a batch under way leaves them. */
async function fill(pool: pg.Pool, count: number): Promise<void> {
  await pool.query(
    `insert into faultline.command (command_id, lane, domain, type, purpose, status, priority, attempts, attempts_limit,
       max_attempts, lease_ms, backoff_ms, available_at, claim_id, worker_id, attempt_started_at, lease_expires_at, process_id,
       created_at, settled_at, parked_at)
     select gen_random_uuid(), 0, 'lab', 'Work', 'step', s.status, 4 + n % 3, (s.status <> 'PENDING')::int, 3, 3, 30000, '{10}',
       now() - n * interval '1 millisecond', gen_random_uuid(), gen_random_uuid(), now(),
       case when s.status = 'IN_PROGRESS' then now() + (n % 60 - 2) * interval '1 second' end, gen_random_uuid(), now(),
       case when s.status = 'COMPLETED' then now() end, case when s.status = 'IN_TROUBLESHOOTING_QUEUE' then now() end
     from generate_series(1, $1::int) n,
       lateral (select case n % 50 when 0 then 'IN_PROGRESS' when 1 then 'IN_TROUBLESHOOTING_QUEUE'
         when 2 then 'PENDING' when 3 then 'PENDING' else 'COMPLETED' end as status) s`,
    [count],
  );
  await pool.query(
    `insert into faultline.process (process_id, lane, ordinal, process_type, version, domain, status, current_step,
       awaiting_command_id, state, path, command_ids, created_at, updated_at)
     select c.process_id, 0, 0, 'Lab', 1, 'lab', 'WAITING_FOR_REPLY', 'one', c.command_id, '{}', '{one}', array[c.command_id],
       now(), now() from faultline.command c`,
  );
  await pool.query(
    `insert into faultline.attempt (command_id, lane, attempt, claim_id, started_at, ended_at, outcome, effect, purpose)
     select c.command_id, 0, 1, c.claim_id, now(), now(), 'success', 'COMPLETED', 'step'
     from faultline.command c where c.status = 'COMPLETED'`,
  );
  await pool.query(
    `insert into e2e.test_command (command_id, lane, behavior, payload) select command_id, 0, '{}', '{}' from faultline.command`,
  );
  await pool.query(
    `insert into faultline.event (lane, type, command_id)
     select 0, 'LATE_RESULT_DISCARDED', command_id from faultline.command limit $1`,
    [count / 10],
  );
}

const ANALYZE = 'analyze faultline.command, faultline.process, faultline.attempt, faultline.event, e2e.test_command';

const TABLES: [name: string, count: number, prepare: (pool: pg.Pool) => Promise<void>][] = [
  ['empty', 0, async () => {}],
  ['fresh: 5,000 rows, never analysed', 5_000, (pool) => fill(pool, 5_000)],
  [
    'grown: analysed when empty, 5,000 rows since',
    5_000,
    async (pool) => {
      await pool.query(ANALYZE);
      await fill(pool, 5_000);
    },
  ],
  [
    'large: 50,000 rows, analysed',
    50_000,
    async (pool) => {
      await fill(pool, 50_000);
      await pool.query(ANALYZE);
    },
  ],
];

describe.each(TABLES)('%s', (_name, count, prepare) => {
  let database: TestDatabase;
  let keyed: pg.Pool;
  let leading: Map<string, string>;
  let ids: Ids;

  beforeAll(async () => {
    database = await createTestDatabase();
    const { pool } = database;
    // Statistics are what the test says they are.
    for (const name of HOT) {
      const schema = name === 'test_command' ? 'e2e' : 'faultline';
      await pool.query(`alter table ${schema}.${name} set (autovacuum_enabled = false)`);
    }
    await prepare(pool);
    const { rows: indexes } = await pool.query<{ name: string; first: string }>(
      `select c.relname as name, a.attname as first from pg_index i
         join pg_class c on c.oid = i.indexrelid join pg_attribute a on a.attrelid = i.indexrelid and a.attnum = 1`,
    );
    leading = new Map(indexes.map(({ name, first }) => [name, first]));
    const { rows } = await pool.query<Ids[number]>(
      'select command_id, claim_id, process_id, lane, attempts from faultline.command order by random() limit 300',
    );
    const none = () => ({ command_id: newId(), claim_id: newId(), process_id: newId(), lane: 0, attempts: 1 });
    ids = rows.length > 0 ? rows : Array.from({ length: 300 }, none);
    keyed = createPool(database.url, { application_name: 'plans', max: 1, keyed_plans: true });
    return async () => {
      await keyed.end();
      await database.drop();
    };
  });

  /** Every row is reached by one of these indexes, under a condition on the index's first column. */
  const expectKeyed = (nodes: PlanNode[], indexes: string[]) => {
    expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
    const scans = nodes.filter((node) => /^(Index|Index Only|Bitmap Index) Scan$/.test(node['Node Type']));
    const keyed = scans.map((node) => {
      const name = node['Index Name'] ?? '';
      const condition = node['Index Cond'] ?? 'nothing';
      return new RegExp(`\\b${leading.get(name)} (=|<|<=|>|>=) `).test(condition) ? name : `${name} by ${condition}`;
    });
    expect(keyed.sort()).toEqual(indexes);
  };

  test.each(STATEMENTS)('%s', async (_statement, indexes, run) => {
    const client = await keyed.connect();
    try {
      for (const size of [1, 300]) {
        const { custom, kept } = await explain(client, (db) => run(db, ids.slice(0, size)));
        if (kept !== null) expectKeyed(kept, indexes);
        // With nothing in it any plan is as good, as long as it is not kept.
        if (size === 1 || count > 0) expectKeyed(custom, indexes);
      }
    } finally {
      client.release();
    }
  });

  test('a claim stops at its limit: it reads the ready commands in their order and sorts nothing', async () => {
    const client = await keyed.connect();
    try {
      const { custom, kept } = await explain(client, (db) => claims.claimReadyCommands(db, claim));
      const types = [...custom, ...(kept ?? [])].map((node) => node['Node Type']);
      expect(types).toContain('Limit');
      expect(types.filter((type) => /Sort/.test(type))).toEqual([]);
    } finally {
      client.release();
    }
  });

  test('a settle locks its rows in the order of its lines', async () => {
    const client = await keyed.connect();
    try {
      // Look-ups line by line: a join of another kind would visit, and lock, in an order of its own.
      const { custom, kept } = await explain(client, (db) => settles.settleIfLeased(asTx(db), 0, ids.map(line)));
      const joins = [...(count > 0 ? custom : []), ...(kept ?? [])].filter((node) =>
        /Join|Loop/.test(node['Node Type']),
      );
      for (const join of joins) {
        const [outer] = join.Plans ?? [];
        expect([join['Node Type'], outer?.['Node Type']]).toEqual([
          'Nested Loop',
          expect.stringMatching(/CTE Scan|Nested/),
        ]);
      }
    } finally {
      client.release();
    }
  });
});
