// The options of the verbs that talk to a running server: batch and tsq.
// What they do is in batch.ts and tsq.ts, loaded when the verb runs.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { createClient } from './client.ts';
import { parseJsonOption } from './json-text.ts';
import { withLaunchOptions } from './launch-options.ts';
import { jsonOption, urlOption, wholeNumber } from './options.ts';
import type { TsqVerb } from './tsq.ts';

const limitOption = (most = 10_000) =>
  new Option('--limit <number>', 'how many to show').default(20).argParser(wholeNumber(1, most));

export function addBatchVerbs(program: Command): void {
  const batch = program.command('batch').description('launch and watch batches on a running server');

  withLaunchOptions(batch.command('create').description('launch a batch of processes'))
    .option('--watch', 'show it until it is at rest, and exit with its verdict', false)
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', CREATE_EXAMPLE)
    .action(async (flags) => {
      const { createBatch } = await import('./batch.ts');
      process.exitCode = await createBatch(createClient(flags.url), flags);
    });

  batch
    .command('watch <batch_id>')
    .description('show a batch until it is at rest, and exit with its verdict')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (id: string, flags) => {
      const { watchBatch } = await import('./batch.ts');
      process.exitCode = await watchBatch(createClient(flags.url), id, flags.json);
    });

  batch
    .command('list')
    .description('the newest batches')
    .addOption(urlOption())
    .addOption(new Option('--limit <number>', 'how many to show').default(20).argParser(wholeNumber(1, 100)))
    .addOption(jsonOption())
    .action(async (flags) => {
      const { listBatches } = await import('./batch.ts');
      process.exitCode = await listBatches(createClient(flags.url), flags);
    });

  batch
    .command('cancel <batch_id>')
    .description('cancel what has not begun; the rest runs out')
    .option('--reason <text>', 'why, for the audit')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (id: string, flags) => {
      const { cancelBatch } = await import('./batch.ts');
      process.exitCode = await cancelBatch(createClient(flags.url), id, flags);
    });
}

const CREATE_EXAMPLE = `
Example:
  faultline batch create --count 1000 --set from_date=2026-01-01 --set to_date=2026-03-31 --set output_type=csv \\
    --chaos query.fail_transient_pct=5 --chaos render.fail_permanent_pct=1 --backoff-ms 50,200 --watch`;

export function addTsqVerbs(program: Command): void {
  const tsq = program.command('tsq').description('the troubleshooting queue of a running server');

  withFilter(tsq.command('list').description('what waits for an operator'))
    .addOption(limitOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (flags) => {
      const { listTsq } = await import('./tsq.ts');
      process.exitCode = await listTsq(createClient(flags.url), flags);
    });

  withFilter(tsq.command('groups').description('what waits, by cause'))
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (flags) => {
      const { listTsqGroups } = await import('./tsq.ts');
      process.exitCode = await listTsqGroups(createClient(flags.url), flags);
    });

  addVerb(tsq, 'retry', 'try again, with as many attempts as at first').option('--reason <text>', WHY);
  addVerb(tsq, 'cancel', 'give up: the process undoes what was done').requiredOption('--reason <text>', WHY);
  addVerb(tsq, 'complete', 'declare it done')
    .option('--reason <text>', WHY)
    .addOption(new Option('--result <json>', 'the result that the process goes on with').argParser(parseJson));
  addJobVerbs(tsq);
}

/** Jobs: what a verb with --all is. */
function addJobVerbs(tsq: Command): void {
  tsq
    .command('jobs')
    .description('the newest jobs: verbs with --all')
    .addOption(limitOption(100))
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (flags) => {
      const { listTsqJobs } = await import('./tsq-jobs.ts');
      process.exitCode = await listTsqJobs(createClient(flags.url), flags);
    });

  tsq
    .command('watch <job_id>')
    .description('show a job until it ends; stopping this does not stop the job')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (id: string, flags) => {
      const { watchTsqJob } = await import('./tsq-jobs.ts');
      process.exitCode = await watchTsqJob(createClient(flags.url), id, flags.json);
    });

  tsq
    .command('abort <job_id>')
    .description('end a job where it is; what it did stays done')
    .option('--actor <name>', ACTOR)
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (id: string, flags) => {
      const { abortTsqJob } = await import('./tsq-jobs.ts');
      process.exitCode = await abortTsqJob(createClient(flags.url), id, flags);
    });
}

const WHY = 'why, for the audit';
const ACTOR = 'who, for the audit (default: local)';

function addVerb(tsq: Command, verb: TsqVerb, description: string): Command {
  return withFilter(tsq.command(`${verb} [command_id...]`).description(description))
    .option('--all', 'every item that matches the filters, instead of ids: as one job of the server', false)
    .option('--actor <name>', ACTOR)
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (ids: string[], flags) => {
      const { runTsqVerb } = await import('./tsq.ts');
      process.exitCode = await runTsqVerb(createClient(flags.url), verb, ids, flags);
    });
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

function parseJson(text: string): unknown {
  try {
    return parseJsonOption(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidArgumentError('It must be JSON; text needs quotes of its own.');
  }
}
