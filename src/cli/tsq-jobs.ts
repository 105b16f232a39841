// Jobs over the troubleshooting queue from the command line: started, watched, listed, aborted.
// Whoever stops watching stops nothing else: the job goes on, and how to abort it is said.

import type { TsqJob, TsqJobDetail, TsqJobFailure, TsqJobStarted } from '../http/contract.ts';
import { EXIT, type ExitCode } from '../supervisor/exit.ts';
import type { Client } from './client.ts';
import { createProgress, printJson, printTable, remark, say } from './print.ts';
import { onStopSignals } from './signals.ts';

const WATCH_EVERY_MS = 250;
/** More of them are not listed, but counted. */
const FAILURES = { shown: 20, json: 100 };

export interface JobFlags {
  reason?: string;
  actor?: string;
  result?: unknown;
  json: boolean;
}

/** 0: all were done. 5: some were not, or it was aborted. 130: it goes on, but nobody watches it any more. */
export async function runTsqJob(
  client: Client,
  verb: TsqJob['verb'],
  filter: object,
  flags: JobFlags,
): Promise<ExitCode> {
  const { reason, actor, result, json } = flags;
  const { job_id, total_count } = await client.post<TsqJobStarted>('/tsq/jobs', {
    verb,
    filter,
    reason,
    actor,
    result,
  });
  if (!json) remark(`Job ${job_id}: ${total_count} to ${verb}.`);
  return watchTsqJob(client, job_id, json);
}

export async function watchTsqJob(client: Client, job_id: string, json: boolean): Promise<ExitCode> {
  const stop = stopOfWatching();
  const progress = createProgress(json);
  const asking = client.patient();
  let job = await readJob(asking, job_id);
  try {
    for (; job.status === 'RUNNING' && !stop.asked(); job = await readJob(asking, job_id)) {
      progress.update(job.verb, job.done_count + job.failed_count, job.total_count, noteOf(job));
      await stop.orAfter(WATCH_EVERY_MS);
    }
    progress.update(job.verb, job.done_count + job.failed_count, job.total_count, noteOf(job));
  } finally {
    progress.stop();
  }
  if (json) printJson(job);
  else printJob(job);
  if (job.status !== 'RUNNING') return job.status === 'COMPLETED' && job.failed_count === 0 ? EXIT.ok : EXIT.not_passed;
  remark(`The job goes on. To end it: faultline tsq abort ${job_id}`);
  return EXIT.interrupted;
}

/** Ctrl-C ends the watching, not the job. */
function stopOfWatching() {
  let wake = () => {};
  let asked = false;
  onStopSignals({
    first: () => {
      asked = true;
      wake();
    },
    again: () => process.exit(EXIT.interrupted),
  });
  return {
    asked: () => asked,
    orAfter: (ms: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}

function readJob(client: Client, job_id: string): Promise<TsqJobDetail> {
  return client.get<TsqJobDetail>(`/tsq/jobs/${encodeURIComponent(job_id)}`, { limit: FAILURES.json });
}

function noteOf({ failed_count, rate_per_second, eta_ms }: TsqJob): string {
  const failed = failed_count > 0 ? [`${failed_count} failed`] : [];
  const rate = rate_per_second === null ? [] : [`${Math.round(rate_per_second)}/s`];
  const eta = eta_ms === null ? [] : [`${Math.ceil(eta_ms / 1_000)} s to go`];
  return [...failed, ...rate, ...eta].join(', ');
}

const PAST = { retry: 'retried', cancel: 'cancelled', complete: 'completed' } as const;

function printJob(job: TsqJobDetail): void {
  const ended = job.status === 'RUNNING' ? ' so far' : job.status === 'ABORTED' ? ', then aborted' : '';
  say(`${job.done_count} of ${job.total_count} ${PAST[job.verb]}${ended}.`);
  for (const failure of job.failures.items.slice(0, FAILURES.shown)) say(lineOf(failure));
  const more = job.failed_count - FAILURES.shown;
  if (more > 0) say(`  and ${more} more`);
}

function lineOf({ command_id, error_message, error_code }: TsqJobFailure): string {
  return `  ${command_id}: ${error_message} [${error_code}]`;
}

export async function listTsqJobs(client: Client, flags: { limit: number; json: boolean }): Promise<ExitCode> {
  const { items } = await client.get<{ items: TsqJob[] }>('/tsq/jobs', { limit: flags.limit });
  if (flags.json) printJson(items);
  else if (items.length === 0) say('There was no job yet.');
  else {
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
  }
  return EXIT.ok;
}

function filterText(filter: Record<string, unknown>): string {
  const fields = Object.entries(filter).map(([name, value]) => `${name}=${value}`);
  return fields.join(' ').replace(/\s+/g, ' ') || 'all';
}

export async function abortTsqJob(
  client: Client,
  job_id: string,
  flags: { actor?: string; json: boolean },
): Promise<ExitCode> {
  const path = `/tsq/jobs/${encodeURIComponent(job_id)}`;
  await client.post(`${path}/abort`, { actor: flags.actor });
  const job = await readJob(client, job_id);
  if (flags.json) printJson(job);
  else printJob(job);
  return EXIT.ok;
}
