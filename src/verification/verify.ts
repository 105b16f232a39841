// The verdict on a batch: every process replayed from what was recorded, in one snapshot, and each check told what violates it.
// Verifies take its windows one by one, some of them in threads of their own; what they found is put together here.

import type { Pool, Tx } from '../db/pool.ts';
import { exportSnapshot, withSnapshot } from '../db/queries/read-snapshot.ts';
import { isBatchAtRest } from '../model/process.ts';
import { CheckBook, type CheckName, type CheckResult, LIGHT_CHECKS } from './checks.ts';
import { conclude } from './conclude.ts';
import { readFingerprint } from './queries/verdicts.ts';
import { readVerifiedBatch, type VerifiedBatch } from './queries/verify.ts';
import { countSentCommands, findRuleViolations, LIGHT_TEXT, type SqlRule } from './queries/verify-rules.ts';
import {
  addFindings,
  createVerifier,
  type Findings,
  type Judge,
  type VerifiedProcesses,
  type VerifyTask,
} from './verifier.ts';
import { ordinalsOf } from './window-verifier.ts';
import { countWindows, createWindows, endWindows, type WindowTask } from './windows.ts';

export type { CheckResult } from './checks.ts';

export interface VerifyOptions {
  /** Two of its connections are needed at once, besides what the application takes. */
  pool: Pool;
  batch_id: string;
  processesOf(batch: VerifiedBatch): VerifiedProcesses | null;
  /** Others that may verify beside this thread; they are asked where there are windows enough for them. */
  helpers?: readonly Judge[];
  /** Of the caller's own, if he wants to see how far it has come. */
  windows?: WindowTask;
}

/** A thread that begins to verify takes about as long to begin as it takes to verify two windows. */
const WINDOWS_FOR_A_HELPER = 3;

export interface Verified {
  /** `running`: in the snapshot that was to be verified, it was not at rest any more. */
  verdict: 'pass' | 'fail' | 'running';
  checks: CheckResult[];
  /** What it was given on: see readFingerprint. */
  fingerprint: string;
}

/** Every check, on a batch as it is now. Null when there is no such batch of processes. */
export function verifyBatch(options: VerifyOptions): Promise<Verified | null> {
  const { pool, batch_id, processesOf, helpers = [], windows = createWindows() } = options;
  return withSnapshot(pool, async (tx) => {
    const batch = await readVerifiedBatch(tx, batch_id);
    if (batch === null || batch.kind !== 'process') return null;
    const fingerprint = (await readFingerprint(tx, batch_id)) ?? '';
    if (!isBatchAtRest(batch.status)) return { verdict: 'running', checks: notMade(), fingerprint };
    const task = { batch_id, snapshot: await exportSnapshot(tx), windows };
    const others = Math.floor(countWindows(ordinalsOf(batch), windows.size) / WINDOWS_FOR_A_HELPER);
    const judges = [createVerifier(pool, processesOf), ...helpers.slice(0, others)];
    const book = new CheckBook();
    const asked = async () => {
      await askRules(tx, batch_id, { book, rules: ['conservation'] });
      return countSentCommands(tx, batch_id);
    };
    const [sent, findings] = await allDone([asked(), judgeAll(judges, task, batch)], () => endWindows(windows));
    if (findings.listed !== sent) findings.suspects.add('one_command_per_step');
    await askRules(tx, batch_id, { book, rules: [...findings.suspects] });
    for (const rule of LIGHT_CHECKS) book.looked(rule, batch.created_count);
    book.add(findings.entries);
    conclude(book, { batch, processes: processesOf(batch), findings });
    const checks = book.results();
    return { verdict: checks.some(({ status }) => status === 'fail') ? 'fail' : 'pass', checks, fingerprint };
  });
}

const NOT_YET = { status: 'skipped', note: 'Made when the batch is at rest.' } as const;

function notMade(): CheckResult[] {
  return new CheckBook().results().map((check) => ({ ...check, ...NOT_YET }));
}

/** The checks that hold at any moment, on a batch that still runs. */
export function verifyLightly(pool: Pool, batch_id: string): Promise<CheckResult[] | null> {
  return withSnapshot(pool, async (tx) => {
    const batch = await readVerifiedBatch(tx, batch_id);
    if (batch === null || batch.kind !== 'process') return null;
    const book = new CheckBook();
    await askRules(tx, batch_id, { book, rules: LIGHT_CHECKS, light: true });
    for (const rule of LIGHT_CHECKS) book.looked(rule, batch.created_count);
    return book.results().map((check) => ({
      ...check,
      ...(isLight(check.name) ? { sql: LIGHT_TEXT[check.name].trim() } : NOT_YET),
    }));
  });
}

function isLight(name: CheckName): name is SqlRule {
  return LIGHT_CHECKS.some((light) => light === name);
}

/** Whole when every process was verified: a verify that failed before it took a window is not missed. */
async function judgeAll(judges: readonly Judge[], task: VerifyTask, batch: VerifiedBatch): Promise<Findings> {
  const settled = await Promise.allSettled(judges.map(async (judge) => judge(task)));
  const [findings, ...others] = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  for (const other of others) addFindings(findings as Findings, other);
  if (findings?.verified === batch.total_count) return findings;
  const failed = settled.find((one) => one.status === 'rejected');
  throw failed?.reason ?? new Error('Not every process was verified.');
}

/** Fails when one of them does, the first in their order, but not before all have ended: the snapshot must stay until then. */
async function allDone<A, B>(works: [Promise<A>, Promise<B>], onFailure: () => void): Promise<[A, B]> {
  for (const work of works) work.catch(onFailure);
  await Promise.allSettled(works);
  return Promise.all(works);
}

async function askRules(
  tx: Tx,
  batch_id: string,
  { book, rules, light = false }: { book: CheckBook; rules: readonly SqlRule[]; light?: boolean },
): Promise<void> {
  for (const rule of rules)
    for (const { id, detail } of await findRuleViolations(tx, rule, batch_id, { light })) book.report(rule, id, detail);
}
