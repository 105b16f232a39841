// The verdict on a batch: in one snapshot, every process is replayed from what was recorded, and SQL answers the rest.

import { readBehaviorVersions } from '../chaos/queries/lab-control.ts';
import type { Pool, Tx } from '../db/pool.ts';
import { withSnapshot } from '../db/queries/read-snapshot.ts';
import { isBatchAtRest } from '../model/process.ts';
import { BatchVerifier } from './batch-verifier.ts';
import { type CheckResult, CheckResults } from './checks/check-results.ts';
import { LIGHT_CHECKS } from './checks/checks.ts';
import { conclude } from './checks/conclusions.ts';
import { type RecordedBatch, readRecordedBatch } from './queries/recorded.ts';
import { findRuleViolations, LIGHT_TEXT } from './queries/rules.ts';
import { readFingerprint } from './queries/verdicts.ts';
import type { VerifiedProcesses } from './verified-processes.ts';

export interface VerifyOptions {
  pool: Pool;
  batch_id: string;
  /** Null if the process type is not registered here. */
  processesOf(batch: RecordedBatch): VerifiedProcesses | null;
  /** Hears how many processes are verified. */
  onProgress?(verified: number): void;
}

export interface Verified {
  /** `running`: the batch was no longer at rest in the snapshot. */
  verdict: 'pass' | 'fail' | 'running';
  checks: CheckResult[];
  /** See readFingerprint. */
  fingerprint: string;
}

/** Every check, on a batch as it is now. Null when there is no such batch of processes. */
export function verifyBatch(options: VerifyOptions): Promise<Verified | null> {
  const { pool, batch_id, processesOf, onProgress = () => {} } = options;
  return withSnapshot(pool, async (tx) => {
    const batch = await readRecordedBatch(tx, batch_id);
    if (batch === null) return null;
    const fingerprint = (await readFingerprint(tx, batch_id)) ?? '';
    const results = new CheckResults();
    if (!isBatchAtRest(batch.status)) return { verdict: 'running', checks: results.all().map(notYet), fingerprint };
    await checkRules(tx, batch, results, { light: false });
    const processes = processesOf(batch);
    const changes = (await readBehaviorVersions(tx, batch_id)).map(({ behavior }) => behavior);
    const verifier = new BatchVerifier({ tx, batch, processes, changes }, results);
    await verifier.run(onProgress);
    await conclude(results, { batch, processes, observations: verifier.observations, changes: changes.length });
    const checks = results.all();
    return { verdict: checks.some(({ status }) => status === 'fail') ? 'fail' : 'pass', checks, fingerprint };
  });
}

/** The checks that hold at any moment, on a batch that may still run. */
export function verifyLightly(pool: Pool, batch_id: string): Promise<CheckResult[] | null> {
  return withSnapshot(pool, async (tx) => {
    const batch = await readRecordedBatch(tx, batch_id);
    if (batch === null) return null;
    const results = new CheckResults();
    await checkRules(tx, batch, results, { light: true });
    return results.all().map((check) => {
      const light = LIGHT_CHECKS.find((name) => name === check.name);
      return light === undefined ? notYet(check) : { ...check, sql: LIGHT_TEXT[light].trim() };
    });
  });
}

function notYet(check: CheckResult): CheckResult {
  return { ...check, status: 'skipped', note: 'Made when the batch is at rest.' };
}

async function checkRules(
  tx: Tx,
  { batch_id, created_count }: RecordedBatch,
  results: CheckResults,
  { light }: { light: boolean },
): Promise<void> {
  for (const rule of LIGHT_CHECKS) {
    results.checked(rule, created_count);
    for (const { id, detail } of await findRuleViolations(tx, rule, batch_id, { light }))
      results.report(rule, id, detail);
  }
}
