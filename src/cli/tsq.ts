// faultline tsq list | groups | retry | cancel | complete: the troubleshooting queue of a running server.
// A verb takes ids, or --all with filters: then it runs as one job on the server, over the items there when it begins.

import { type Command, Option } from 'commander';
import type { TsqGroups, TsqItem } from '../http/contract.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import { type Client, onServer } from './client.ts';
import { jsonValue } from './json-options.ts';
import { actorOption, reasonOption, within } from './options.ts';
import { printTable, say, show } from './print.ts';
import { printVerbResult, registerTsqJobs, runTsqJob, type TsqVerb, type TsqVerbFlags } from './tsq-jobs.ts';

interface TsqFilter {
  batch?: string;
  process?: string;
  domain?: string;
  type?: string;
  code?: string;
  group?: string;
  fault?: 'injected' | 'real';
}

export function register(program: Command): void {
  const tsq = program.command('tsq').description('the troubleshooting queue of a running server');

  onServer(
    withFilter(tsq.command('list').description('what waits for an operator')).option(
      '--limit <number>',
      'how many to show',
      within({ min: 1, max: 10_000 }),
      20,
    ),
    listTsq,
  );

  onServer(withFilter(tsq.command('groups').description('what waits, by cause')), listTsqGroups);

  registerVerb(tsq, 'retry', 'try again, with the full number of attempts').addOption(reasonOption());
  registerVerb(tsq, 'cancel', 'give up: the process compensates its steps').addOption(
    reasonOption().makeOptionMandatory(),
  );
  registerVerb(tsq, 'complete', 'declare it done')
    .addOption(reasonOption())
    .option('--result <json>', 'the result that the process goes on with', jsonValue);

  registerTsqJobs(tsq);
}

function registerVerb(tsq: Command, verb: TsqVerb, description: string): Command {
  return onServer(
    withFilter(tsq.command(`${verb} [command_id...]`).description(description))
      .option('--all', 'every item that matches the filters, instead of ids: one job on the server', false)
      .addOption(actorOption()),
    (client, ids: string[], flags: TsqVerbFlags & TsqFilter & { all: boolean }) => runTsqVerb(client, verb, ids, flags),
  );
}

function withFilter(command: Command): Command {
  return command
    .option('--batch <batch_id>', 'only of this batch')
    .option('--domain <name>', 'only of this domain')
    .option('--type <name>', 'only commands of this type')
    .option('--process <process_id>', 'only of this process')
    .option('--code <error_code>', 'only with this error code')
    .option('--group <error_group>', 'only for this cause, as `tsq groups` names it')
    .addOption(new Option('--fault <kind>', 'only injected failures, or only real ones').choices(['injected', 'real']));
}

function filterQuery({ batch, process, domain, type, code, group, fault }: TsqFilter) {
  const injected = fault === undefined ? undefined : fault === 'injected';
  return { batch_id: batch, process_id: process, domain, type, error_code: code, error_group: group, injected };
}

async function listTsq(client: Client, flags: TsqFilter & { limit: number; json: boolean }): Promise<ExitCode> {
  const items: TsqItem[] = [];
  for await (const item of client.list<TsqItem>('/tsq', filterQuery(flags))) {
    if (items.push(item) >= flags.limit) break;
  }
  return show(flags, items, () => {
    if (items.length === 0) return say(EMPTY);
    printTable(
      ['command', 'step', 'error', 'fault', 'attempts', 'parked', 'message'],
      items.map((item) => [
        item.command_id,
        item.step ?? item.type,
        item.error_code,
        item.fault ?? 'real',
        item.attempts,
        item.parked_at,
        oneLine(item.error_message ?? '').slice(0, 80),
      ]),
    );
  });
}

async function listTsqGroups(client: Client, flags: TsqFilter & { json: boolean }): Promise<ExitCode> {
  const { count, groups } = await client.get<TsqGroups>('/tsq/groups', filterQuery(flags));
  return show(flags, { count, groups }, () => {
    if (groups.length === 0) return say(EMPTY);
    printTable(
      ['count', 'type', 'fault', 'newest', 'group'],
      groups.map((group) => [
        group.count,
        group.type,
        group.injected ? 'injected' : 'real',
        group.newest_at,
        oneLine(group.error_group),
      ]),
    );
    say(`${count} in all.`);
  });
}

const EMPTY = 'The troubleshooting queue is empty.';

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** Exits with 5 when the server refused an item, for instance because another operator was faster. */
async function runTsqVerb(
  client: Client,
  verb: TsqVerb,
  ids: readonly string[],
  flags: TsqVerbFlags & TsqFilter & { all: boolean },
): Promise<ExitCode> {
  if (flags.all === ids.length > 0) throw new CliError('Give either ids, or --all with filters.', EXIT.usage);
  if (flags.all) {
    const filter = filterQuery(flags);
    const filtered = Object.values(filter).some((value) => value !== undefined);
    return runTsqJob(client, verb, filtered ? filter : { all: true }, flags);
  }
  const { reason, actor, result } = flags;
  const failed: { command_id: string; message: string }[] = [];
  for (const command_id of ids) {
    try {
      await client.post(`/commands/${encodeURIComponent(command_id)}/${verb}`, { reason, actor, result });
    } catch (error) {
      if (!(error instanceof CliError) || error.exit_code !== EXIT.refused) throw error;
      failed.push({ command_id, message: error.message });
    }
  }
  const done = ids.length - failed.length;
  show(flags, { verb, count: ids.length, done, failed }, () =>
    printVerbResult(verb, done, ids.length, failed, failed.length),
  );
  return failed.length === 0 ? EXIT.ok : EXIT.not_passed;
}
