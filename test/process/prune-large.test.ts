// Pruning where there is much: transactions stay short, and every row is reached by an index, on tables no one analysed and others.
// What is explained is what the query functions really send, over connections set up as those of the prune are.

import { afterEach, describe, expect, test } from 'vitest';
import { deleteTestCommands } from '../../src/chaos/queries/test-command.ts';
import { createPool, type Queryable } from '../../src/db/pool.ts';
import { deleteIdempotencyKeys } from '../../src/db/queries/idempotency.ts';
import * as queries from '../../src/db/queries/prune.ts';
import * as records from '../../src/db/queries/prune-records.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { newId } from '../../src/model/ids.ts';
import { type PruneRequest, pruneEnded } from '../../src/process/prune.ts';
import type { PruneSite } from '../../src/process/prune-slices.ts';
import { createTestDatabase, emptyTables } from '../support/database.ts';
import { insertBatch } from '../support/factories.ts';

const database = await createTestDatabase();
const { pool } = database;
const keyed = createPool(database.url, { application_name: 'prune', max: 2, keyed_plans: true });
const EVERYTHING: PruneRequest = {
  older_than_ms: 60_000,
  batches: true,
  commands: true,
  records: true,
  replies: true,
  process_types: null,
};
const site = (probe: PruneSite['env']['probe'] = () => {}): PruneSite => ({
  pool: keyed,
  env: createEnv(silentLogger, { probe }),
  lanes: 1,
  hooks: { beforeDelete: deleteTestCommands },
});

afterEach(async () => {
  await emptyTables(
    pool,
    'faultline.batch',
    'faultline.process',
    'faultline.command',
    'faultline.attempt',
    'faultline.event',
    'e2e.test_command',
  );
});

/** A batch that ended an hour ago: three commands a process, an attempt and a chaos row each, an event for each tenth process. */
async function fillBatch(count: number, { attempts = 1, commands = 3 } = {}): Promise<string> {
  const { batch_id } = await insertBatch(pool, 'COMPLETED', {
    total_count: Math.min(count, 100_000),
    completed_at: new Date(Date.now() - 3_600_000),
  });
  await pool.query(
    `insert into faultline.process (process_id, lane, batch_id, ordinal, process_type, version, domain, status, state, path,
       command_ids, created_at, updated_at, completed_at)
     select gen_random_uuid(), 0, $1, n, 'StatementReport', 1, 'reporting', 'COMPLETED', '{}', '{a}',
       array(select gen_random_uuid() from generate_series(1, $3) where n >= 0), now(), now(), now()
     from generate_series(0, $2 - 1) n`,
    [batch_id, count, commands],
  );
  await pool.query(
    `insert into faultline.command (command_id, lane, domain, type, purpose, status, attempts, attempts_limit, max_attempts,
       lease_ms, backoff_ms, available_at, process_id, batch_id, step, created_at, settled_at)
     select i.id, 0, 'reporting', 'Do', 'step', 'COMPLETED', 1, 3, 3, 30000, '{0}', now(), p.process_id, p.batch_id, 'a', now(), now()
     from faultline.process p cross join unnest(p.command_ids) i(id) where p.batch_id = $1`,
    [batch_id],
  );
  await pool.query(
    `insert into faultline.attempt (command_id, lane, attempt, claim_id, started_at, ended_at, outcome, effect, purpose, batch_id)
     select c.command_id, 0, n, gen_random_uuid(), now(), now(), 'success', 'COMPLETED', 'step', c.batch_id
     from faultline.command c cross join generate_series(1, $2) n where c.batch_id = $1`,
    [batch_id, attempts],
  );
  await pool.query(
    `insert into e2e.test_command (command_id, lane, behavior, payload) select command_id, 0, '{}', '{}' from faultline.command where batch_id = $1`,
    [batch_id],
  );
  await pool.query(
    `insert into faultline.event (lane, type, process_id, batch_id)
     select 0, 'PROCESS_COMPENSATING', process_id, batch_id from faultline.process where batch_id = $1 and ordinal % 10 = 0`,
    [batch_id],
  );
  return batch_id;
}

async function rowCount(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select (select count(*) from faultline.batch) + (select count(*) from faultline.process)
       + (select count(*) from faultline.command) + (select count(*) from faultline.attempt)
       + (select count(*) from faultline.event) + (select count(*) from e2e.test_command) as count`,
  );
  return rows[0]?.count as number;
}

async function largestSlice(): Promise<{ largest: number; slices: number }> {
  let largest = 0;
  let slices = 0;
  await pruneEnded(
    site((_point, context) => {
      largest = Math.max(largest, ...Object.values(context as Record<string, number>));
      slices++;
    }),
    EVERYTHING,
  );
  return { largest, slices };
}

describe('no transaction deletes more than 1,000 rows of a table', () => {
  test('of a batch of 20,000 processes', async () => {
    await fillBatch(20_000);
    const { largest, slices } = await largestSlice();
    expect(largest).toBeLessThanOrEqual(1_000);
    expect(largest).toBeGreaterThan(700);
    expect(slices).toBeGreaterThanOrEqual(80);
    expect(await rowCount()).toBe(0);
  }, 60_000);

  test('of processes with very many attempts, or very many commands', async () => {
    await fillBatch(100, { attempts: 40 });
    await fillBatch(2, { commands: 2_500 });
    expect((await largestSlice()).largest).toBe(1_000);
    expect(await rowCount()).toBe(0);
  }, 60_000);
});

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}
const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** Tables of which a statement reads every row, whatever it asks for. */
async function fullyRead(run: (db: Queryable) => Promise<unknown>): Promise<string[]> {
  const scanned: string[] = [];
  const client = await keyed.connect();
  const explaining = {
    async query({ text, values }: { text: string; values?: unknown[] }) {
      const { rows } = await client.query({ text: `explain (format json) ${text}`, values });
      for (const node of nodesOf(rows[0]['QUERY PLAN'][0].Plan))
        if (node['Node Type'] === 'Seq Scan') scanned.push(node['Relation Name'] ?? '');
      return { rows: [], rowCount: 0 };
    },
  };
  try {
    await run(explaining as unknown as Queryable);
  } finally {
    client.release();
  }
  return scanned;
}

describe('every row is reached by an index', () => {
  const cutoff = new Date();
  const batch_id = newId();
  const ids = Array.from({ length: 750 }, () => newId());
  const STATEMENTS: Record<string, (db: never) => Promise<unknown>> = {
    'the next processes': (db) => queries.readProcessSlice(db, batch_id, -1),
    'open commands': (db) => queries.countOpenCommands(db, ids),
    'commands, locked': (db) => queries.lockEndedCommands(db, 0, ids),
    'commands, present': (db) => queries.readPresentCommands(db, 0, ids),
    'processes, locked': (db) => queries.lockEndedProcesses(db, 0, ids),
    'attempts, deleted': (db) => queries.deleteAttempts(db, 0, ids),
    'events, deleted': (db) => queries.deleteEvents(db, 0, ids, ids),
    'events of a batch, deleted': (db) => queries.deleteBatchEvents(db, 0, batch_id),
    'chaos rows, deleted': (db) => deleteTestCommands(db, 0, ids),
    'commands, deleted': (db) => queries.deleteCommands(db, 0, ids),
    'processes, deleted': (db) => queries.deleteProcesses(db, 0, ids),
    'standalone commands': (db) => queries.readStandaloneSlice(db, { status: 'COMPLETED', cutoff, after: null }),
    'commands of a batch': (db) => queries.readBatchCommandSlice(db, batch_id),
    'open commands of a batch': (db) => queries.countOpenBatchCommands(db, batch_id),
    'chunks and jobs of a batch': (db) => queries.readInternalCommands(db, batch_id),
    'jobs of no batch': (db) => queries.readInternalSlice(db, { cutoff, after: null }),
    'the batch, deleted': (db) => queries.deleteBatchIfEmpty(db, batch_id),
    replies: (db) => records.readReplySlice(db, cutoff, null),
    'idempotency keys': (db) => deleteIdempotencyKeys(db, 1_000),
    jobs: (db) => records.deleteJobs(db, cutoff),
  };

  test.each(['never analysed', 'analysed'])(
    'of a table of 20,000 processes, %s',
    async (kind) => {
      await fillBatch(20_000);
      if (kind === 'analysed')
        await pool.query(
          'analyze faultline.process, faultline.command, faultline.attempt, faultline.event, e2e.test_command',
        );
      for (const [name, run] of Object.entries(STATEMENTS))
        expect({ name, scanned: await fullyRead((db) => run(db as never)) }).toEqual({ name, scanned: [] });
    },
    60_000,
  );
});
