// A row of deaths on one database: for each cell its own commands, a service that dies among them, and the next as its successor.
// Promises that a death which was not at its point, or not with its outcome, is an error and never a survival.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Bus } from '../../src/bus/bus.ts';
import { sendCommands } from '../../src/bus/insert.ts';
import { startTsqJob } from '../../src/bus/jobs.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { chaosHooks } from '../../src/chaos/index.ts';
import { type Pool, withTx } from '../../src/db/pool.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { newId } from '../../src/model/ids.ts';
import { defineProcess } from '../../src/process/define.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { openService, type Service } from '../../src/process/service.ts';
import { createTestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import type { Cell, CellOutcome } from './crash-points.ts';
import { EFFECT_TABLE } from './invariants.ts';

const CHILD = fileURLToPath(new URL('./mortal-service.mjs', import.meta.url));
const PROCESSES = 4;
const STANDALONE = 2;
const OPERATOR = { actor: 'conformance', reason: 'conformance' };

/** What a child says before it dies. */
interface LastWords {
  point: string;
  outcome: string;
  met: { command_id: string; attempt: number; came_to: string | null }[];
}

/** What became of a cell: undefined when it survived, else what is wrong. */
export type Findings = Map<Cell, string | undefined>;

const children = new Set<{ kill(signal: NodeJS.Signals): boolean }>();

/** Kills what is still running. */
export function killServices(): void {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
}

/** Lets each cell's service die, in a row; the last one lives and leaves nothing to be done. */
export async function dieInARow(cells: readonly Cell[]): Promise<{ findings: Findings; pool: Pool }> {
  const { url, pool } = await createTestDatabase();
  await pool.query(EFFECT_TABLE);
  const service = await openService({
    url,
    env: createEnv(silentLogger),
    application: { name: 'conformance', processes: [], register: () => {} },
    data_dir: '',
    hooks: (context) => chaosHooks(context),
  });
  const findings: Findings = new Map();
  const batches = new Map<Cell, string>();
  const later: (() => Promise<void>)[] = [];
  let replaces: string | null = null;
  let before: Cell | undefined;
  for (const cell of cells) {
    const batch_id = await send(service.bus, cell);
    batches.set(cell, batch_id);
    const worker_id = newId();
    // The successor has what the one before left, and dies among its own.
    const domains = [before, cell].flatMap((one) => one?.domain ?? []);
    const run = start({ url, worker_id, replaces, cell, domains, batch_id });
    if (cell.point === 'in_job_slice') await startJob(service.bus, pool, cell);
    const ended = await run.ended;
    const words = run.said === '' ? undefined : (JSON.parse(run.said) as LastWords);
    findings.set(cell, findFalseDeath(cell, ended, words) ?? (await findWritten(pool, cell, words as LastWords)));
    later.push(async () => {
      const untrue = await findUntrue(pool, cell, words as LastWords);
      findings.set(cell, findings.get(cell) ?? untrue);
    });
    replaces = worker_id;
    before = cell;
  }

  const last = start({ url, worker_id: newId(), replaces, cell: null, domains: cells.map(({ domain }) => domain) });
  for (const [cell, batch_id] of batches) await endBatch(service, pool, cell, batch_id);
  await until(
    'nothing is left to be done',
    async () => {
      const { rows } = await pool.query(`select 1 from faultline.command where status in ('PENDING', 'IN_PROGRESS')`);
      return rows.length === 0;
    },
    { deadline_ms: 30_000 },
  );
  last.child.kill('SIGTERM');
  const { code, signal } = await last.ended;
  if (code !== 0) throw new Error(`The last service ended with ${code ?? signal}.`);
  for (const look of later) await look();
  await service.close();
  return { findings, pool };
}

interface Run {
  url: string;
  worker_id: string;
  replaces: string | null;
  cell: Cell | null;
  domains: readonly string[];
  /** Of the cell. */
  batch_id?: string;
}

function start(run: Run) {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(run)], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const started = {
    child,
    said: '',
    ended: new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
      child.once('close', (code, signal) => {
        children.delete(child);
        clearTimeout(overdue);
        done({ code, signal });
      }),
    ),
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    started.said += text;
  });
  // One that never comes to its point must not hold all the others up.
  const overdue = setTimeout(() => run.cell !== null && child.kill('SIGTERM'), 45_000);
  return started;
}

async function send(bus: Bus, { domain, outcome }: Cell): Promise<string> {
  const policy = { max_attempts: 2, backoff_ms: [0], lease_ms: outcome === 'timed_out' ? 700 : 30_000 };
  const faults = outcome === 'timed_out' ? { timeout_pct: 100 } : null;
  // Only what is needed to launch: the definition that runs is the child's own.
  const definition = defineProcess({
    type: domain,
    version: 1,
    domain,
    input: z.strictObject({}),
    state: z.looseObject({ done: z.array(z.string()) }),
    start: () => ({ done: [] }),
    steps: ['take', 'make'].map((key) => ({ key, command: `Do${key}`, request: () => ({}) })),
  });
  // No service knows all the definitions of the cells.
  const open = { ...bus, hooks: { ...bus.hooks, processTypes: undefined } };
  const behavior = faults && { make: faults };
  const { batch_id } = await launchBatch(open, { definition, count: PROCESSES, input: {}, behavior, policy });
  const standalone = Array.from({ length: STANDALONE }, () => ({
    command_id: newId(),
    lane: 0,
    domain,
    type: 'Domake',
    purpose: 'standalone' as const,
    priority: 5,
    payload: {},
    policy,
    delay_ms: 0,
    deadline: outcome === 'overdue' ? { deadline_ms: 700, on_deadline: 'compensate' as const } : null,
    process_id: null,
    batch_id: null,
    step: null,
    correlation_id: null,
    reply_to: `${domain}__replies`,
    state: faults === null ? null : { behavior: { Domake: faults } },
  }));
  await withTx(bus.pool, (tx) => sendCommands(bus, tx, standalone));
  return batch_id;
}

type Verb = 'retry' | 'cancel' | 'complete';
const VERBS: readonly CellOutcome[] = ['retry', 'cancel', 'complete'] satisfies Verb[];

/** One job for all that is parked of a cell; the service that is to die works on it. */
async function startJob(bus: Bus, pool: Pool, { domain, outcome }: Cell): Promise<void> {
  await until(
    `all of ${domain} is parked`,
    async () => {
      const { rows } = await pool.query(
        `select count(*)::int as parked from faultline.command where domain = $1 and status = 'IN_TROUBLESHOOTING_QUEUE'`,
        [domain],
      );
      return rows[0].parked === PROCESSES + STANDALONE;
    },
    { deadline_ms: 30_000 },
  );
  await startTsqJob(bus, { verb: outcome as Verb, filter: { domain }, ...OPERATOR });
}

const ENDS: Record<CellOutcome, 'COMPLETED' | 'COMPLETED_WITH_FAILURES'> = {
  success: 'COMPLETED',
  transient: 'COMPLETED',
  permanent: 'COMPLETED',
  business_rule: 'COMPLETED_WITH_FAILURES',
  timed_out: 'COMPLETED',
  lease_lost: 'COMPLETED_WITH_FAILURES',
  released: 'COMPLETED',
  canceled: 'COMPLETED_WITH_FAILURES',
  overdue: 'COMPLETED_WITH_FAILURES',
  retry: 'COMPLETED',
  cancel: 'COMPLETED_WITH_FAILURES',
  complete: 'COMPLETED',
};

/** What an operator does with what is parked of a cell, or under way. */
async function operate(bus: Bus, outcome: CellOutcome, command_id: string): Promise<unknown> {
  if (outcome === 'canceled' || outcome === 'cancel') return cancelCommand(bus, command_id, OPERATOR);
  if (outcome === 'complete' || outcome === 'timed_out') return completeCommand(bus, command_id, OPERATOR, {});
  return retryCommand(bus, command_id, OPERATOR);
}

async function endBatch(service: Service, pool: Pool, { point, domain, outcome }: Cell, batch_id: string) {
  const status = ENDS[outcome];
  await until(
    `${domain} is ${status}`,
    async () => {
      const { rows: open } = await pool.query<{ command_id: string }>(
        `select command_id from faultline.command where domain = $1 and type = 'Domake' and status = $2`,
        [domain, outcome === 'canceled' ? 'IN_PROGRESS' : 'IN_TROUBLESHOOTING_QUEUE'],
      );
      // What a job was to do, the job does.
      if (point !== 'in_job_slice') for (const { command_id } of open) await operate(service.bus, outcome, command_id);
      const { rows } = await pool.query('select status from faultline.batch where batch_id = $1', [batch_id]);
      return rows[0]?.status === status;
    },
    { deadline_ms: 60_000, every_ms: 50 },
  );
}

function findFalseDeath(
  cell: Cell,
  { code, signal }: { code: number | null; signal: NodeJS.Signals | null },
  words: LastWords | undefined,
): string | undefined {
  if (signal !== 'SIGKILL') return `the service was not killed, but ended with ${code ?? signal}`;
  if (words === undefined) return 'the service was killed by another process';
  if (words.point !== cell.point || words.outcome !== cell.outcome || words.met.length === 0)
    return `the service died of something else: ${JSON.stringify(words)}`;
}

/** In the words of the table of attempts. */
const OUTCOME_OF: Partial<Record<CellOutcome, string>> = {
  timed_out: 'lease_expired',
  lease_lost: 'lease_expired',
  overdue: 'canceled',
};
const rowOutcome = (outcome: CellOutcome) => OUTCOME_OF[outcome] ?? outcome;
const IN_TRANSACTION = ['in_settle', 'in_transition', 'in_reap', 'in_operator_verb', 'in_deadline'];

/** Right after the death: what was inside of a transaction is not written, what came after the commit is. */
async function findWritten(
  pool: Pool,
  { point, outcome, domain }: Cell,
  { met }: LastWords,
): Promise<string | undefined> {
  const ids = met.map(({ command_id }) => command_id);
  if (VERBS.includes(outcome)) {
    const { rows } = await pool.query(
      `select 1 from faultline.command where command_id = any($1) and status <> 'IN_TROUBLESHOOTING_QUEUE'
       union all select 1 from faultline.event where command_id = any($1) and type like 'OPERATOR%'`,
      [ids],
    );
    return rows.length === 0 ? undefined : 'half of what the operator did is there';
  }
  if (point === 'in_finish') {
    const { rows } = await pool.query(
      `select 1 from faultline.batch where process_type = $1 and status not in ('CREATING', 'RUNNING')
       union all select 1 from faultline.event join faultline.batch using (batch_id)
         where process_type = $1 and type in ('BATCH_AT_REST', 'BATCH_COMPLETED')`,
      [domain],
    );
    return rows.length === 0 ? undefined : 'half of the end of the batch is there';
  }
  const { rows } = await pool.query<{ written: number }>(
    `select count(*)::int as written from unnest($1::uuid[], $2::int[]) as m(command_id, attempt)
       join faultline.attempt a using (command_id, attempt)`,
    [ids, met.map(({ attempt }) => attempt)],
  );
  const written = rows[0]?.written ?? 0;
  // A late success is discarded within the transaction, long after its attempt was reaped.
  const late = outcome === 'lease_lost' && point === 'in_transition';
  if (IN_TRANSACTION.includes(point) && !late && written > 0) return `${written} attempts are written all the same`;
  if (point === 'after_settle' && written !== met.length)
    return `only ${written} of ${met.length} attempts are written`;
}

const TO_COME = ['after_claim', 'before_handler'];
const SETTLING = ['before_settle', 'in_settle'];
const CUT_SHORT = ['timed_out', 'lease_lost', 'released'];

/** At the end: every command that was met did come to the outcome of the cell. */
async function findUntrue(
  pool: Pool,
  { point, outcome, domain }: Cell,
  words?: LastWords,
): Promise<string | undefined> {
  if (point === 'in_job_slice') {
    const { rows: jobs } = await pool.query(
      `select status, total_count, done_count, failed_count from faultline.job where filter ->> 'domain' = $1`,
      [domain],
    );
    const count = PROCESSES + STANDALONE;
    const asAsked = { status: 'COMPLETED', total_count: count, done_count: count, failed_count: 0 };
    if (!isDeepStrictEqual(jobs, [asAsked])) return `the job did not do each once: ${JSON.stringify(jobs)}`;
  }
  for (const { command_id, attempt } of words?.met ?? []) {
    const { rows } = await pool.query<{ attempt: number; outcome: string; fault: string | null }>(
      'select attempt, outcome, fault from faultline.attempt where command_id = $1 order by attempt',
      [command_id],
    );
    const of = (n: number) => rows.find((row) => row.attempt === n);
    if (VERBS.includes(outcome)) continue;
    // Put back by reap, a command whose deadline has passed ends without another attempt.
    if (outcome === 'overdue') {
      const { rows: ended } = await pool.query(
        `select 1 from faultline.command where command_id = $1 and status = 'FAILED' and error_code = 'DEADLINE_EXCEEDED'`,
        [command_id],
      );
      if (ended.length === 1) continue;
    }
    // What never got into a row was shown at the point itself.
    if (outcome === 'released' && SETTLING.includes(point)) continue;
    // The kill cut the attempt itself short; what it was to come to, the first attempt came to that was not.
    const uncut = rows.find((row) => row.attempt >= attempt && row.outcome !== 'lease_expired');
    const followed = TO_COME.includes(point) && CUT_SHORT.includes(outcome);
    const triedAgain = point.endsWith('_chunk') && outcome === 'transient';
    // The successor may not know the process of a chunk, and leave it to the next.
    const afterChunk = point.endsWith('_chunk') && outcome === 'success' ? rows : [];
    const looked = followed || triedAgain ? [of(attempt - 1)] : [of(attempt), uncut, ...afterChunk];
    const isIt = (row: (typeof rows)[number] | undefined) =>
      row?.outcome === rowOutcome(outcome) && (outcome === 'timed_out') === (row.fault !== null);
    if (!looked.some(isIt))
      return `attempt ${attempt} of ${command_id} had nothing to do with ${outcome}: ${JSON.stringify(rows)}`;
  }
}
