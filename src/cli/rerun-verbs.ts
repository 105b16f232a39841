// The options of `faultline batch rerun` and `faultline process rerun`.
// What they do is in rerun.ts, loaded when one runs.

import { type Command, Option } from 'commander';
import { LIMITS } from '../model/limits.ts';
import { createClient } from './client.ts';
import { chaosOption, experimentOption, profileOption } from './launch-options.ts';
import { jsonOption, urlOption, within } from './options.ts';

const WATCH = 'show it until it is at rest, and exit with its verdict';

export function addRerunVerbs(program: Command): void {
  const batch = program.commands.find((command) => command.name() === 'batch');
  batch
    ?.command('rerun <batch_id>')
    .description('launch a batch again: as it was, but for what is said here')
    .option('--seed <text>', 'another seed')
    .addOption(new Option('--count <number>', 'another count').argParser(within(LIMITS.batch_count)))
    .option('--name <text>', 'another name')
    .addOption(profileOption())
    .addOption(chaosOption())
    .option('--no-chaos', 'without any chaos')
    .addOption(experimentOption())
    .option('--watch', WATCH, false)
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (id: string, { chaos, ...flags }) => {
      const { rerunBatch } = await import('./rerun.ts');
      // Not given at all, commander says true.
      process.exitCode = await rerunBatch(createClient(flags.url), id, {
        ...flags,
        chaos: chaos === true ? undefined : chaos,
      });
    });

  program
    .command('process')
    .description('single processes of a running server')
    .command('rerun <process_id>')
    .description('do one process again, alone, with the same faults: as a batch of one')
    .option('--name <text>', 'a name for the batch')
    .option('--watch', WATCH, false)
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (id: string, flags) => {
      const { rerunProcess } = await import('./rerun.ts');
      process.exitCode = await rerunProcess(createClient(flags.url), id, flags);
    });
}
