// faultline batch create | watch | list | cancel: batches of a running server.
// Watching ends when the batch is at rest, and its exit code is the verdict.

import { setTimeout as pause } from 'node:timers/promises';
import type { Batch, BatchDetail, LaunchAnswer } from '../http/contract.ts';
import type { Document } from './assignments.ts';
import type { Client } from './client.ts';
import { CliError, EXIT, type ExitCode } from './exit.ts';
import { createProgress, printJson, printTable } from './print.ts';

export interface CreateFlags {
  count: number;
  type?: string;
  name?: string;
  seed?: string;
  set?: Document;
  chaos?: Document;
  maxAttempts?: number;
  backoffMs?: number[];
  leaseMs?: number;
  watch: boolean;
  json: boolean;
}

export async function createBatch(client: Client, flags: CreateFlags): Promise<ExitCode> {
  const retry = { max_attempts: flags.maxAttempts, backoff_ms: flags.backoffMs };
  const launched = await client.post<LaunchAnswer>('/processes/batch', {
    ...flags.set,
    count: flags.count,
    process_type: flags.type,
    name: flags.name,
    seed: flags.seed,
    behavior: flags.chaos,
    retry: retry.max_attempts === undefined && retry.backoff_ms === undefined ? undefined : retry,
    lease_ms: flags.leaseMs,
  });
  if (flags.watch) return watchBatch(client, launched.batch_id, flags.json);
  if (flags.json) printJson(launched);
  else console.log(`Batch ${launched.batch_id} of ${launched.total_count} (seed ${launched.seed}) is on its way.`);
  return EXIT.ok;
}

interface Verdict {
  verdict: 'pass' | 'fail' | 'running';
  checks: { name: string; status: 'pass' | 'fail' | 'skipped'; count: number; rule: string }[];
}

const WATCH_EVERY_MS = 300;
const VERDICT_MS = 60_000;

/** Shows a batch until it is at rest, then its verdict. 0: it passed. 5: it did not, or the batch was cancelled. */
export async function watchBatch(client: Client, id: string, json: boolean): Promise<ExitCode> {
  const progress = createProgress(json);
  let batch: BatchDetail;
  try {
    for (;;) {
      batch = await client.get<BatchDetail>(`/process-batches/${encodeURIComponent(id)}`);
      showProgress(batch, progress);
      if (!['CREATING', 'RUNNING', 'CANCELING'].includes(batch.status)) break;
      await pause(WATCH_EVERY_MS);
    }
  } finally {
    progress.stop();
  }
  const verdict = await awaitVerdict(client, id);
  if (json) printJson({ ...batch, verdict });
  else printOutcome(batch, verdict);
  return isWell(batch, verdict) ? EXIT.ok : EXIT.not_passed;
}

/** The verdict decides; where the server has none, only a batch without any failure is well. */
function isWell(batch: BatchDetail, verdict: Verdict | null): boolean {
  if (verdict === null) return batch.status === 'COMPLETED';
  return verdict.verdict === 'pass' && batch.status !== 'CANCELED';
}

function showProgress(batch: BatchDetail, progress: ReturnType<typeof createProgress>): void {
  const total = batch.total_count;
  progress.update('created', batch.created_count, total);
  const rate = batch.rate_per_second === null ? [] : [`${Math.round(batch.rate_per_second)}/s`];
  const eta = batch.eta_ms === null ? [] : [`${Math.ceil(batch.eta_ms / 1000)} s to go`];
  const parked = batch.in_troubleshooting_count > 0 ? [`${batch.in_troubleshooting_count} in troubleshooting`] : [];
  progress.update('ended', endedCount(batch), total, [...parked, ...rate, ...eta].join(', '));
}

function endedCount(batch: Batch): number {
  return batch.completed_count + batch.compensated_count + batch.failed_count + batch.canceled_count;
}

/** Null where the server computes no verdicts. */
async function awaitVerdict(client: Client, id: string): Promise<Verdict | null> {
  const until_ms = performance.now() + VERDICT_MS;
  for (;;) {
    const verdict = await client.find<Verdict>(`/process-batches/${encodeURIComponent(id)}/verdict`);
    if (verdict?.verdict !== 'running' || performance.now() > until_ms) return verdict;
    await pause(WATCH_EVERY_MS);
  }
}

function printOutcome(batch: BatchDetail, verdict: Verdict | null): void {
  console.log(`Batch ${batch.batch_id}: ${batch.status}`);
  printTable(
    ['total', 'completed', 'compensated', 'failed', 'canceled', 'waiting', 'troubleshooting'],
    [
      [
        batch.total_count,
        batch.completed_count,
        batch.compensated_count,
        batch.failed_count,
        batch.canceled_count,
        batch.waiting_count,
        batch.in_troubleshooting_count,
      ],
    ],
  );
  if (verdict === null) return;
  console.log(`Verdict: ${verdict.verdict}`);
  for (const check of verdict.checks.filter(({ status }) => status === 'fail')) {
    console.log(`  ${check.name}: ${check.count} offenders (${check.rule})`);
  }
}

export async function listBatches(client: Client, flags: { limit: number; json: boolean }): Promise<ExitCode> {
  const { items } = await client.get<{ items: Batch[] }>('/process-batches', { limit: flags.limit });
  if (flags.json) printJson(items);
  else {
    printTable(
      ['batch', 'status', 'ended', 'total', 'troubleshooting', 'created', 'name'],
      items.map((batch) => [
        batch.batch_id,
        batch.status,
        endedCount(batch),
        batch.total_count,
        batch.in_troubleshooting_count,
        batch.created_at,
        batch.name ?? batch.process_type,
      ]),
    );
  }
  return EXIT.ok;
}

export async function cancelBatch(
  client: Client,
  id: string,
  flags: { reason?: string; json: boolean },
): Promise<ExitCode> {
  if (flags.reason?.trim() === '') throw new CliError('--reason must say something.', EXIT.usage);
  const answer = await client.post<{ batch_id: string; status: string }>(
    `/process-batches/${encodeURIComponent(id)}/cancel`,
    { reason: flags.reason },
  );
  if (flags.json) printJson(answer);
  else console.log(`Batch ${answer.batch_id}: ${answer.status}`);
  return EXIT.ok;
}
