// The options of the chaos lab's verbs: predict, verify, report and chaos.
// What they do is in files of their names, loaded when one runs.

import { type Command, Option } from 'commander';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { createClient } from './client.ts';
import { withLaunchOptions } from './launch-options.ts';
import { databaseUrlOption, jsonOption, urlOption } from './options.ts';

export function addLabVerbs(program: Command): void {
  withLaunchOptions(program.command('predict').description('tell what a launch would come to, and launch nothing'))
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (flags) => {
      const { predict } = await import('./predict.ts');
      process.exitCode = await predict(createClient(flags.url), flags);
    });

  addVerdictVerbs(program);
  addChaosVerbs(program);
}

const EXIT_CODES = `
Exits with 0 when the batch passed, 1 when it failed, 2 when it is not at rest or could not be verified.`;

function addVerdictVerbs(program: Command): void {
  program
    .command('verify [batch_id]')
    .description('check that nothing of a batch was lost, doubled or left behind')
    .addOption(waitOption())
    .option('--self-test', 'instead, check the checks: each must tell the broken variant that it is there for', false)
    .addOption(databaseUrlOption('where the self-test makes a database of its own (default: a PostgreSQL of its own)'))
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', EXIT_CODES)
    .action(async (id: string | undefined, flags) => {
      const { verify, verifyItself } = await import('./verify.ts');
      if ((id === undefined) !== flags.selfTest) throw new CliError('Give either a batch or --self-test.', EXIT.usage);
      process.exitCode =
        id === undefined
          ? await verifyItself({ database_url: flags.databaseUrl, json: flags.json })
          : await verify(createClient(flags.url), id, flags);
    });

  program
    .command('report <batch_id>')
    .description('all there is to say about a batch: predicted, injected, observed, checked, recovered')
    .addOption(waitOption())
    .addOption(
      new Option('--format <format>', 'for people or for programs').choices(['markdown', 'json']).default('markdown'),
    )
    .option('--out <file>', 'write it there rather than to stdout')
    .addOption(urlOption())
    .addHelpText('after', EXIT_CODES)
    .action(async (id: string, flags) => {
      const { report } = await import('./verify.ts');
      process.exitCode = await report(createClient(flags.url), id, flags);
    });
}

const waitOption = () => new Option('--wait', 'wait until the batch is at rest').default(false);

function addChaosVerbs(program: Command): void {
  const chaos = program.command('chaos').description('the kill switch of a running server');

  withWho(chaos.command('stop').description('stop all injection and turbulence at once, and refuse new'))
    .option('--batch <batch_id>', 'into this batch only, and for good')
    .action(async (flags) => {
      const { stopChaos } = await import('./chaos.ts');
      process.exitCode = await stopChaos(createClient(flags.url), flags);
    });

  withWho(chaos.command('resume').description('let chaos go on')).action(async (flags) => {
    const { resumeChaos } = await import('./chaos.ts');
    process.exitCode = await resumeChaos(createClient(flags.url), flags);
  });

  chaos
    .command('status')
    .description('whether it is stopped, by whom and why')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (flags) => {
      const { chaosStatus } = await import('./chaos.ts');
      process.exitCode = await chaosStatus(createClient(flags.url), flags);
    });
}

function withWho(command: Command): Command {
  return command
    .option('--reason <text>', 'why, for the audit')
    .option('--actor <name>', 'who, for the audit (default: local)')
    .addOption(urlOption())
    .addOption(jsonOption());
}
