// The options of `faultline profile`.
// What its verbs do is in profiles.ts, loaded when one runs.

import { type Command, Option } from 'commander';
import type { OnConflict } from '../http/contract.ts';
import { createClient } from './client.ts';
import { chaosOption, jsonOrFile } from './launch-options.ts';
import { jsonOption, urlOption } from './options.ts';

export function addProfileVerbs(program: Command): void {
  const profile = program.command('profile').description('built-in and saved chaos of a running server');
  addReads(profile);
  addWrites(profile);
  addDocuments(profile);
}

const typeOption = (description = 'the process type whose steps built-in profiles are made for') =>
  new Option('--type <name>', description);

function addReads(profile: Command): void {
  profile
    .command('list')
    .description('built-in profiles, then saved ones by name')
    .addOption(typeOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (flags) => {
      const { listProfiles } = await import('./profiles.ts');
      process.exitCode = await listProfiles(createClient(flags.url), flags);
    });

  profile
    .command('show <name>')
    .description('what a profile does to each step')
    .addOption(typeOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (name: string, flags) => {
      const { showProfile } = await import('./profiles.ts');
      process.exitCode = await showProfile(createClient(flags.url), name, flags);
    });
}

function addWrites(profile: Command): void {
  profile
    .command('save <name>')
    .description('save chaos under a name')
    .option('--description <text>', 'what it is like, in a sentence')
    .addOption(typeOption('only for this process type, whose steps are checked (default: for any)'))
    .addOption(chaosOption())
    .addOption(
      new Option('--behavior <json>', 'the whole of it by step, as JSON or @file to read it from').argParser(
        jsonOrFile,
      ),
    )
    .option('--from-batch <batch_id>', 'what a batch was launched with')
    .option('--replace', 'in place of a saved profile of this name', false)
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (name: string, flags) => {
      const { saveProfile } = await import('./profiles.ts');
      process.exitCode = await saveProfile(createClient(flags.url), name, flags);
    });

  profile
    .command('delete <name>')
    .description('delete a saved profile; batches launched with it keep their chaos')
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (name: string, flags) => {
      const { deleteProfile } = await import('./profiles.ts');
      process.exitCode = await deleteProfile(createClient(flags.url), name, flags);
    });
}

function addDocuments(profile: Command): void {
  profile
    .command('export [name...]')
    .description('saved profiles as a JSON document: all, or those named')
    .option('--out <file>', 'write it there rather than to stdout')
    .addOption(urlOption())
    .action(async (names: string[], flags) => {
      const { exportProfiles } = await import('./profiles.ts');
      process.exitCode = await exportProfiles(createClient(flags.url), names, flags);
    });

  profile
    .command('import <file>')
    .description('save the profiles of an exported document: all of them or none')
    .addOption(
      new Option('--on-conflict <what>', 'where a name is taken: import nothing, skip that one, or replace the other')
        .choices(['fail', 'skip', 'replace'] satisfies OnConflict[])
        .default('fail'),
    )
    .addOption(urlOption())
    .addOption(jsonOption())
    .action(async (path: string, flags) => {
      const { importProfiles } = await import('./profiles.ts');
      process.exitCode = await importProfiles(createClient(flags.url), path, flags);
    });
}
