// faultline tsq jobs | watch | abort, and the verbs with --all: jobs over the troubleshooting queue.
// Interrupting a watch does not stop the job.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { TsqJob, TsqJobDetail, TsqJobStarted } from '../http/contract.ts';
import { EXIT, type ExitCode } from '../supervisor/exit.ts';
import { type Client, onServer } from './client.ts';
import { actorOption, within } from './options.ts';
import { createProgress, printTable, remark, say, show } from './print.ts';
import { onStopSignals } from './signals.ts';
import { progressNote } from './wait-for-batch.ts';

const WATCH_EVERY_MS = 250;
/** The rest is counted only. */
const MAX_FAILURES = { shown: 20, json: 100 };

export type TsqVerb = TsqJob['verb'];

export interface TsqVerbFlags {
  reason?: string;
  actor?: string;
  result?: unknown;
  json: boolean;
}

export function registerTsqJobs(tsq: Command): void {
  onServer(
    tsq
      .command('jobs')
      .description('the newest jobs: verbs with --all')
      .option('--limit <number>', 'how many to show', within({ min: 1, max: 100 }), 20),
    listTsqJobs,
  );

  onServer(
    tsq.command('watch <job_id>').description('show a job until it ends; interrupting this does not stop the job'),
    watchTsqJob,
  );

  onServer(
    tsq.command('abort <job_id>').description('end a job where it is; what it did stays done').addOption(actorOption()),
    abortTsqJob,
  );
}

export async function runTsqJob(
  client: Client,
  verb: TsqVerb,
  filter: object,
  { json, reason, actor, result }: TsqVerbFlags,
): Promise<ExitCode> {
  const body = { verb, filter, reason, actor, result };
  const { job_id, total_count } = await client.post<TsqJobStarted>('/tsq/jobs', body);
  if (!json) remark(`Job ${job_id}: ${total_count} to ${verb}.`);
  return watchTsqJob(client, job_id, { json });
}

/** Exits with 5 when an item failed or the job was aborted, with 130 when interrupted. */
export async function watchTsqJob(client: Client, job_id: string, flags: { json: boolean }): Promise<ExitCode> {
  const interrupted = new AbortController();
  onStopSignals({ first: () => interrupted.abort(), again: () => process.exit(EXIT.interrupted) });
  const progress = createProgress(flags.json);
  const reader = client.retrying();
  let job: TsqJobDetail;
  try {
    for (;;) {
      job = await readJob(reader, job_id);
      const failed = job.failed_count > 0 ? [`${job.failed_count} failed`] : [];
      progress.update(job.verb, job.done_count + job.failed_count, job.total_count, progressNote(failed, job));
      if (job.status !== 'RUNNING' || interrupted.signal.aborted) break;
      await sleep(WATCH_EVERY_MS, undefined, { signal: interrupted.signal }).catch(() => {});
    }
  } finally {
    progress.stop();
  }
  show(flags, job, () => printJob(job));
  if (job.status !== 'RUNNING') return job.status === 'COMPLETED' && job.failed_count === 0 ? EXIT.ok : EXIT.not_passed;
  remark(`The job goes on. To end it: faultline tsq abort ${job_id}`);
  return EXIT.interrupted;
}

function readJob(client: Client, job_id: string): Promise<TsqJobDetail> {
  return client.get(`/tsq/jobs/${encodeURIComponent(job_id)}`, { limit: MAX_FAILURES.json });
}

function printJob({ verb, status, done_count, failed_count, total_count, failures }: TsqJobDetail): void {
  const failed = failures.items.map(({ command_id, error_message, error_code }) => ({
    command_id,
    message: `${error_message} [${error_code}]`,
  }));
  const note = status === 'RUNNING' ? ' so far' : status === 'ABORTED' ? ', then aborted' : '';
  printVerbResult(verb, done_count, total_count, failed, failed_count, note);
}

export function printVerbResult(
  verb: TsqVerb,
  done: number,
  total: number,
  failed: readonly { command_id: string; message: string }[],
  failed_count: number,
  note = '',
): void {
  const past = { retry: 'retried', cancel: 'cancelled', complete: 'completed' }[verb];
  say(`${done} of ${total} ${past}${note}.`);
  for (const { command_id, message } of failed.slice(0, MAX_FAILURES.shown)) say(`  ${command_id}: ${message}`);
  if (failed_count > MAX_FAILURES.shown) say(`  and ${failed_count - MAX_FAILURES.shown} more`);
}

async function listTsqJobs(client: Client, flags: { limit: number; json: boolean }): Promise<ExitCode> {
  const { items } = await client.get<{ items: TsqJob[] }>('/tsq/jobs', { limit: flags.limit });
  return show(flags, items, () => {
    if (items.length === 0) return say('There are no jobs.');
    printTable(
      ['job', 'status', 'verb', 'done', 'failed', 'total', 'began', 'actor', 'filter'],
      items.map((job) => [
        job.job_id,
        job.status,
        job.verb,
        job.done_count,
        job.failed_count,
        job.total_count,
        job.began_at,
        job.actor,
        filterText(job.filter),
      ]),
    );
  });
}

function filterText(filter: Record<string, unknown>): string {
  const fields = Object.entries(filter).map(([name, value]) => `${name}=${value}`);
  return fields.join(' ').replace(/\s+/g, ' ') || 'all';
}

async function abortTsqJob(
  client: Client,
  job_id: string,
  flags: { actor?: string; json: boolean },
): Promise<ExitCode> {
  await client.post(`/tsq/jobs/${encodeURIComponent(job_id)}/abort`, { actor: flags.actor });
  const job = await readJob(client, job_id);
  return show(flags, job, () => printJob(job));
}
