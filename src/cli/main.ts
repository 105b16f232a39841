#!/usr/bin/env node
// The command line: one file per verb, and one way to fail (a line on stderr and an exit code of docs/cli.md).
// Every option can also come from the environment; nothing is ever asked.

import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { packageRoot } from '../db/package-root.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { addLabVerbs } from './analysis-verbs.ts';
import { addBatchVerbs, addTsqVerbs } from './client-verbs.ts';
import { tellError, tellUsage } from './explain.ts';
import { createLogger } from './logger.ts';
import {
  allowTurbulenceOption,
  appOption,
  databaseUrlOption,
  dataDirOption,
  duration,
  hostOption,
  jsonOption,
  portOption,
  postgresPortOption,
  unresponsiveOption,
  wholeNumber,
  wordsOf,
  workersOption,
} from './options.ts';
import { addProfileVerbs } from './profile-verbs.ts';
import { addRerunVerbs } from './rerun-verbs.ts';
import { domainsOption, slotsOption } from './work-options.ts';

const { version } = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: string };

interface ServiceFlags {
  databaseUrl?: string;
  dataDir: string;
  app?: string;
}

const program = new Command('faultline')
  .description('Durable command bus and process manager on PostgreSQL, with a chaos lab built in.')
  .version(version)
  .showHelpAfterError('(add --help for the options)')
  .configureOutput({ writeErr: tellUsage })
  .exitOverride();

program
  .command('start')
  .description('run everything: PostgreSQL, the server with its page, and workers')
  .addOption(portOption())
  .addOption(hostOption())
  .addOption(dataDirOption())
  .addOption(workersOption())
  .addOption(slotsOption())
  .addOption(domainsOption())
  .addOption(databaseUrlOption('PostgreSQL 15 or newer to use instead of the embedded one'))
  .addOption(allowTurbulenceOption())
  .addOption(postgresPortOption())
  .addOption(unresponsiveOption())
  .addOption(appOption())
  .addOption(followOption())
  .addOption(
    new Option('--log-format <format>', 'what the terminal shows').choices(['pretty', 'json']).default('pretty'),
  )
  .action(async (flags) => {
    const { start } = await import('./start.ts');
    process.exitCode = await start({
      host: flags.host,
      port: flags.port,
      data_dir: flags.dataDir,
      workers: flags.workers,
      slots: flags.slots,
      domains: flags.domains,
      database_url: flags.databaseUrl,
      allow_turbulence: flags.allowTurbulence,
      postgres_port: flags.postgresPort,
      unresponsive_ms: flags.unresponsiveMs,
      app: flags.app,
      log_format: flags.logFormat,
      follow_process: followed(flags.followProcess),
    });
  });

program
  .command('serve')
  .description('run the server: the API and the page')
  .addOption(portOption())
  .addOption(hostOption())
  .addOption(dataDirOption())
  .addOption(databaseUrlOption())
  .addOption(appOption())
  .action(async (flags) => {
    const { serve } = await import('./serve.ts');
    await serve({
      ...serviceOptions(flags),
      host: flags.host,
      port: flags.port,
      turbulence: process.env.FAULTLINE_TURBULENCE,
      logger: createLogger(),
    });
  });

program
  .command('work')
  .description('run one worker')
  .addOption(dataDirOption())
  .addOption(databaseUrlOption())
  .addOption(appOption())
  .addOption(followOption())
  .addOption(slotsOption())
  .addOption(domainsOption())
  .action(async (flags) => {
    const { work } = await import('./work.ts');
    await work({
      ...serviceOptions(flags),
      slots: flags.slots,
      domains: flags.domains,
      worker_id: process.env.FAULTLINE_WORKER_ID || undefined,
      name: process.env.FAULTLINE_WORKER_NAME || undefined,
      replaces: replacedWorkers(),
      follow_process: followed(flags.followProcess),
      logger: createLogger(),
    });
  });

program
  .command('migrate')
  .description('bring the database to this version and fill what a first start needs')
  .addOption(databaseUrlOption())
  .addOption(dataDirOption())
  .addOption(appOption())
  .option('--dry-run', 'tell what would be applied, and apply nothing', false)
  .option('--wait', 'wait up to a minute for a database that is still starting', false)
  .addOption(new Option('--lanes <number>', 'lanes of a new database (default: 1)').argParser(wholeNumber(1, 1024)))
  .action(async (flags) => {
    const { migrate } = await import('./migrate.ts');
    const { liveUnderSupervisor } = await import('../supervisor/child.ts');
    liveUnderSupervisor();
    await migrate({
      ...serviceOptions(flags),
      lanes: flags.lanes,
      dry_run: flags.dryRun,
      wait: flags.wait,
      replaces: replacedWorkers(),
      logger: createLogger(),
    });
  });

program
  .command('doctor')
  .description('look at everything a run needs and say what is wrong')
  .addOption(databaseUrlOption())
  .addOption(dataDirOption())
  .addOption(appOption())
  .addOption(portOption())
  .addOption(jsonOption())
  .action(async (flags) => {
    const { doctor } = await import('./doctor.ts');
    process.exitCode = await doctor({ ...serviceOptions(flags), port: flags.port, json: flags.json });
  });

program
  .command('prune')
  .description('delete what ended long ago: batches with all that is theirs, standalone commands, old records')
  .addOption(
    new Option('--older-than <duration>', 'since when it must have ended: 12h, 30d, 8w (default: as the settings say)')
      .env('FAULTLINE_PRUNE_OLDER_THAN')
      .argParser(duration('1h', '36500d')),
  )
  .addOption(
    new Option('--states <list>', 'only what ended so, by comma (default: completed,failed,canceled)').argParser(
      wordsOf(['completed', 'failed', 'canceled']),
    ),
  )
  .addOption(new Option('--batches', 'batches only').default(false).conflicts('commands'))
  .addOption(new Option('--commands', 'commands without a batch only').default(false))
  .option('--replies', 'also replies that nobody fetched', false)
  .option('--unknown-types', 'also batches of process types that the application does not have', false)
  .option('--dry-run', 'count what would be deleted, and delete nothing', false)
  .addOption(
    new Option('--max-slices <number>', 'stop after so many transactions of at most 1,000 rows of a table').argParser(
      wholeNumber(1, 1_000_000_000),
    ),
  )
  .addOption(databaseUrlOption())
  .addOption(dataDirOption())
  .addOption(appOption())
  .addOption(jsonOption())
  .action(async (flags) => {
    const { prune } = await import('./prune.ts');
    process.exitCode = await prune({
      ...serviceOptions(flags),
      older_than_ms: flags.olderThan,
      endings: flags.states,
      only: flags.batches ? 'batches' : flags.commands ? 'commands' : null,
      replies: flags.replies,
      unknown_types: flags.unknownTypes,
      dry_run: flags.dryRun,
      max_slices: flags.maxSlices,
      json: flags.json,
      logger: createLogger(),
    });
  });

addBatchVerbs(program);
addTsqVerbs(program);
addLabVerbs(program);
addRerunVerbs(program);
addProfileVerbs(program);

function serviceOptions(flags: ServiceFlags) {
  return { database_url: flags.databaseUrl, data_dir: flags.dataDir, app: flags.app };
}

function followOption(): Option {
  return new Option('--follow-process [id]', 'log each step of this process, or of every process').env(
    'FAULTLINE_FOLLOW_PROCESS',
  );
}

function followed(flag: string | boolean | undefined): string | undefined {
  return flag === true ? 'all' : flag || undefined;
}

/** Set by the supervisor: ids of workers whose leases are to be ended. */
function replacedWorkers(): string[] {
  return (process.env.FAULTLINE_REPLACES ?? '').split(',').filter((id) => id !== '');
}

try {
  await program.parseAsync();
  if (process.env.FAULTLINE_SUPERVISED === '1') process.exit();
} catch (error) {
  process.exit(report(error));
}

/** Says what went wrong, in one line, and answers the exit code. */
function report(error: unknown): number {
  // commander has written its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  tellError(error);
  return error instanceof CliError ? error.exit_code : EXIT.failed;
}
