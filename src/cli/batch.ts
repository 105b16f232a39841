// faultline batch create | watch | list | cancel | rerun: batches of a running server.
// Watching ends when the batch is at rest; the exit code is its verdict.

import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Batch, BatchDetail, LaunchAnswer, Verdict } from '../http/contract.ts';
import { LIMITS } from '../model/limits.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import { behaviorOf, chaosOption, profileOption } from './behavior-options.ts';
import { type Client, onServer } from './client.ts';
import type { Document } from './json-options.ts';
import {
  type ExperimentFlags,
  experimentOf,
  experimentOption,
  type LaunchFlags,
  launchBody,
  withLaunchOptions,
} from './launch-options.ts';
import { within } from './options.ts';
import { printTable, say, show } from './print.ts';
import { awaitVerdict, endedCount, readBatch } from './wait-for-batch.ts';

export const WATCH = ['--watch', 'show it until it is at rest, and exit with its verdict', false] as const;

export function register(program: Command): void {
  const batch = program.command('batch').description('launch and watch batches on a running server');

  onServer(
    withLaunchOptions(batch.command('create').description('launch a batch of processes'))
      .option(...WATCH)
      .addHelpText('after', CREATE_EXAMPLE),
    createBatch,
  );

  onServer(
    batch.command('watch <batch_id>').description('show a batch until it is at rest, and exit with its verdict'),
    watchBatch,
  );

  onServer(
    batch
      .command('list')
      .description('the newest batches')
      .option('--limit <number>', 'how many to show', within({ min: 1, max: 100 }), 20),
    listBatches,
  );

  onServer(
    batch
      .command('cancel <batch_id>')
      .description('cancel what has not begun; the rest runs to its end')
      .option('--reason <text>', 'why, for the audit'),
    cancelBatch,
  );

  onServer(
    batch
      .command('rerun <batch_id>')
      .description('launch a batch again, unchanged but for the options given')
      .option('--seed <text>', 'another seed')
      .option('--count <number>', 'another count', within(LIMITS.batch_count))
      .option('--name <text>', 'another name')
      .addOption(profileOption())
      .addOption(chaosOption())
      .option('--no-chaos', 'without any chaos')
      .addOption(experimentOption())
      .option(...WATCH),
    rerunBatch,
  );
}

const CREATE_EXAMPLE = `
Example:
  faultline batch create --count 1000 --set from_date=2026-01-01 --set to_date=2026-03-31 --set output_type=csv \\
    --chaos query.fail_transient_pct=5 --chaos render.fail_permanent_pct=1 --backoff-ms 50,200 --watch`;

export interface FollowFlags {
  watch: boolean;
  json: boolean;
}

export async function createBatch(client: Client, flags: LaunchFlags & FollowFlags): Promise<ExitCode> {
  const asking = flags.watch ? client.retrying() : client;
  const body = await launchBody(asking, flags);
  return followLaunch(client, await asking.post<LaunchAnswer>('/process-batches', body, randomUUID()), flags);
}

/** Shows what was launched, or watches it. */
export async function followLaunch(client: Client, launched: LaunchAnswer, flags: FollowFlags): Promise<ExitCode> {
  const { batch_id, total_count, seed } = launched;
  if (flags.watch) return watchBatch(client, batch_id, flags);
  return show(flags, launched, () => say(`Batch ${batch_id} of ${total_count} (seed ${seed}) is launched.`));
}

export async function watchBatch(client: Client, id: string, flags: { json: boolean }): Promise<ExitCode> {
  const { batch, verdict } = await awaitVerdict(client, id, flags.json);
  show(flags, { ...batch, verdict }, () => printOutcome(batch, verdict));
  return verdict.verdict === 'pass' && !isCanceled(batch) ? EXIT.ok : EXIT.not_passed;
}

/** Includes a cancelled batch that is at rest until an operator has handled its parked items. */
function isCanceled({ status, cancel_requested_at }: Batch): boolean {
  return status === 'CANCELED' || cancel_requested_at !== null;
}

function printOutcome(batch: BatchDetail, { verdict, checks }: Verdict): void {
  const canceled = batch.status !== 'CANCELED' && isCanceled(batch) ? ', cancelled' : '';
  say(`Batch ${batch.batch_id}: ${batch.status}${canceled}`);
  const counts = {
    total: batch.total_count,
    completed: batch.completed_count,
    compensated: batch.compensated_count,
    failed: batch.failed_count,
    canceled: batch.canceled_count,
    waiting: batch.waiting_count,
    troubleshooting: batch.in_troubleshooting_count,
  };
  printTable(Object.keys(counts), [Object.values(counts)]);
  say(`Verdict: ${verdict}`);
  for (const { name, violations, rule } of checks.filter(({ status }) => status === 'fail')) {
    say(`  ${name}: ${violations} violations (${rule})`);
  }
}

async function listBatches(client: Client, flags: { limit: number; json: boolean }): Promise<ExitCode> {
  const { items } = await client.get<{ items: Batch[] }>('/process-batches', { limit: flags.limit });
  return show(flags, items, () =>
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
    ),
  );
}

async function cancelBatch(client: Client, id: string, flags: { reason?: string; json: boolean }): Promise<ExitCode> {
  const { reason } = flags;
  if (reason?.trim() === '') throw new CliError('--reason must not be empty.', EXIT.usage);
  const path = `/process-batches/${encodeURIComponent(id)}/cancel`;
  const answer = await client.post<{ batch_id: string; status: string }>(path, { reason });
  return show(flags, answer, () => say(`Batch ${answer.batch_id}: ${answer.status}`));
}

interface RerunFlags extends ExperimentFlags, FollowFlags {
  count?: number;
  name?: string;
  seed?: string;
  profile?: string;
  /** Commander says true when neither --chaos nor --no-chaos is given, and false for --no-chaos. */
  chaos: Document | boolean;
}

async function rerunBatch(client: Client, id: string, flags: RerunFlags): Promise<ExitCode> {
  const { count, name, seed } = flags;
  const body = { count, name, seed, behavior: await rerunBehavior(client, id, flags), experiment: experimentOf(flags) };
  const path = `/process-batches/${encodeURIComponent(id)}/rerun`;
  return followLaunch(client, await client.post<LaunchAnswer>(path, body), flags);
}

/** Undefined: that of the batch. */
async function rerunBehavior(
  client: Client,
  id: string,
  { chaos, profile }: RerunFlags,
): Promise<Document | undefined> {
  if (chaos === false && profile !== undefined) throw new CliError('Give either --profile or --no-chaos.', EXIT.usage);
  if (chaos === false) return {};
  const type = profile === undefined ? undefined : ((await readBatch(client, id)).process_type ?? undefined);
  return behaviorOf(client, { profile, chaos: chaos === true ? undefined : (chaos as Document), type });
}
