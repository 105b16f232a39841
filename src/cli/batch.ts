// faultline batch create | watch | list | cancel: batches of a running server.
// Watching ends when the batch is at rest, and its exit code is the verdict.

import { randomUUID } from 'node:crypto';
import type { Batch, BatchDetail, LaunchAnswer, Verdict } from '../http/contract.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import type { Client } from './client.ts';
import { type LaunchFlags, launchBody } from './launch-body.ts';
import { printJson, printTable, say } from './print.ts';
import { awaitVerdict, endedCount } from './wait-for-batch.ts';

export interface FollowFlags {
  watch: boolean;
  json: boolean;
}

export async function createBatch(client: Client, flags: LaunchFlags & FollowFlags): Promise<ExitCode> {
  const asking = flags.watch ? client.patient() : client;
  const body = await launchBody(asking, flags);
  const launched = await asking.post<LaunchAnswer>('/process-batches', body, { idempotency_key: randomUUID() });
  return follow(client, launched, flags);
}

/** Says what was launched, or watches it. */
export async function follow(client: Client, launched: LaunchAnswer, { watch, json }: FollowFlags): Promise<ExitCode> {
  if (watch) return watchBatch(client, launched.batch_id, json);
  if (json) printJson(launched);
  else say(`Batch ${launched.batch_id} of ${launched.total_count} (seed ${launched.seed}) is on its way.`);
  return EXIT.ok;
}

/** Shows a batch until it is at rest, then its verdict. 0: it passed. 5: it did not, or the batch was cancelled. */
export async function watchBatch(client: Client, id: string, json: boolean): Promise<ExitCode> {
  const { batch, verdict } = await awaitVerdict(client, id, json);
  if (json) printJson({ ...batch, verdict });
  else printOutcome(batch, verdict);
  return verdict.verdict === 'pass' && !isCanceled(batch) ? EXIT.ok : EXIT.not_passed;
}

/** Also one that waits for operators before it ends so. */
function isCanceled({ status, cancel_requested_at }: Batch): boolean {
  return status === 'CANCELED' || cancel_requested_at !== null;
}

function printOutcome(batch: BatchDetail, verdict: Verdict): void {
  const canceled = batch.status !== 'CANCELED' && isCanceled(batch) ? ', cancelled' : '';
  say(`Batch ${batch.batch_id}: ${batch.status}${canceled}`);
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
  say(`Verdict: ${verdict.verdict}`);
  for (const check of verdict.checks.filter(({ status }) => status === 'fail')) {
    say(`  ${check.name}: ${check.violations} violations (${check.rule})`);
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
  else say(`Batch ${answer.batch_id}: ${answer.status}`);
  return EXIT.ok;
}
