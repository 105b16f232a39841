// faultline tsq list | groups | retry | cancel | complete: the troubleshooting queue of a running server.
// A verb takes ids, or --all with filters: then it is one job of the server, on what is in the queue when it begins.

import type { TsqGroups, TsqItem } from '../http/contract.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import type { Client } from './client.ts';
import { createProgress, printJson, printTable, say } from './print.ts';
import { runTsqJob } from './tsq-jobs.ts';

export interface TsqFilter {
  batch?: string;
  process?: string;
  domain?: string;
  type?: string;
  code?: string;
  group?: string;
  fault?: 'injected' | 'real';
}

export type TsqVerb = 'retry' | 'cancel' | 'complete';

export interface VerbFlags extends TsqFilter {
  all: boolean;
  reason?: string;
  actor?: string;
  result?: unknown;
  json: boolean;
}

export async function listTsq(client: Client, flags: TsqFilter & { limit: number; json: boolean }): Promise<ExitCode> {
  const items: TsqItem[] = [];
  for await (const item of client.list<TsqItem>('/tsq', filterQuery(flags))) {
    if (items.push(item) >= flags.limit) break;
  }
  if (flags.json) printJson(items);
  else if (items.length === 0) say('Nothing is in the troubleshooting queue.');
  else printTable(['command', 'step', 'error', 'fault', 'attempts', 'parked', 'message'], items.map(row));
  return EXIT.ok;
}

/** What waits, by cause: often three where the list has thousands. */
export async function listTsqGroups(client: Client, flags: TsqFilter & { json: boolean }): Promise<ExitCode> {
  const { count, groups } = await client.get<TsqGroups>('/tsq/groups', filterQuery(flags));
  if (flags.json) printJson({ count, groups });
  else if (groups.length === 0) say('Nothing is in the troubleshooting queue.');
  else {
    printTable(
      ['count', 'type', 'fault', 'newest', 'group'],
      groups.map((group) => [
        group.count,
        group.type,
        group.injected ? 'injected' : 'real',
        group.newest_at,
        group.error_group.replace(/\s+/g, ' '),
      ]),
    );
    say(`${count} in all.`);
  }
  return EXIT.ok;
}

function row(item: TsqItem): unknown[] {
  const message = (item.error_message ?? '').replace(/\s+/g, ' ').slice(0, 80);
  const step = item.step ?? item.type;
  return [item.command_id, step, item.error_code, item.fault ?? 'real', item.attempts, item.parked_at, message];
}

/** 0: all were done. 5: some were refused, for instance because another operator was faster; they are listed. */
export async function runTsqVerb(
  client: Client,
  verb: TsqVerb,
  ids: readonly string[],
  flags: VerbFlags,
): Promise<ExitCode> {
  if (flags.all === ids.length > 0) throw new CliError('Give either ids, or --all with filters.', EXIT.usage);
  if (flags.all) return runTsqJob(client, verb, jobFilter(flags), flags);
  const body = { reason: flags.reason, actor: flags.actor, result: flags.result };
  const failed: { command_id: string; message: string }[] = [];
  const progress = createProgress(flags.json || ids.length < 2);
  let done = 0;
  const act = async (command_id: string) => {
    try {
      await client.post(`/commands/${encodeURIComponent(command_id)}/${verb}`, body);
    } catch (error) {
      if (!(error instanceof CliError) || error.exit_code !== EXIT.refused) throw error;
      failed.push({ command_id, message: error.message });
    }
    progress.update(verb, ++done, ids.length, failed.length > 0 ? `${failed.length} refused` : '');
  };
  try {
    await eachOf(ids, act);
  } finally {
    progress.stop();
  }
  report(verb, ids.length, failed, flags.json);
  return failed.length === 0 ? EXIT.ok : EXIT.not_passed;
}

function jobFilter(flags: TsqFilter): object {
  const filter = filterQuery(flags);
  const filtered = Object.values(filter).some((value) => value !== undefined);
  return filtered ? filter : { all: true };
}

function filterQuery({ batch, process, domain, type, code, group, fault }: TsqFilter) {
  const injected = fault === undefined ? undefined : fault === 'injected';
  return { batch_id: batch, process_id: process, domain, type, error_code: code, error_group: group, injected };
}

const AT_A_TIME = 8;

async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const takeAll = async () => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, takeAll));
}

function report(
  verb: TsqVerb,
  count: number,
  failed: readonly { command_id: string; message: string }[],
  json: boolean,
): void {
  if (json) {
    printJson({ verb, count, done: count - failed.length, failed });
    return;
  }
  const past = { retry: 'retried', cancel: 'cancelled', complete: 'completed' }[verb];
  say(`${count - failed.length} of ${count} ${past}.`);
  for (const { command_id, message } of failed.slice(0, 20)) say(`  ${command_id}: ${message}`);
  if (failed.length > 20) say(`  and ${failed.length - 20} more`);
}
