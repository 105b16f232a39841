#!/usr/bin/env node
// The command line: one file per verb, loaded when the verb is named, and all of them for the help.
// A failure is one line on stderr and an exit code of docs/cli.md.

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../db/package-root.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { reportError, reportUsage } from './explain.ts';

/** In the order of the help. */
const VERBS = new Map<string, () => Promise<{ register(program: Command): void }>>([
  ['start', () => import('./start.ts')],
  ['serve', () => import('./serve.ts')],
  ['work', () => import('./work.ts')],
  ['migrate', () => import('./migrate.ts')],
  ['doctor', () => import('./doctor.ts')],
  ['prune', () => import('./prune.ts')],
  ['batch', () => import('./batch.ts')],
  ['process', () => import('./process.ts')],
  ['tsq', () => import('./tsq.ts')],
  ['predict', () => import('./predict.ts')],
  ['verify', () => import('./verify.ts')],
  ['report', () => import('./report.ts')],
  ['chaos', () => import('./chaos.ts')],
  ['profile', () => import('./profile.ts')],
]);

const { version } = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: string };

const program = new Command('faultline')
  .description('Durable command bus and process manager on PostgreSQL, with a chaos lab built in.')
  .version(version)
  .showHelpAfterError('(add --help for the options)')
  .configureOutput({ writeErr: reportUsage })
  .exitOverride();

try {
  const named = VERBS.get(process.argv[2] ?? '');
  for (const load of named ? [named] : new Set(VERBS.values())) (await load()).register(program);
  await program.parseAsync();
  // An open handle must not keep a supervised process alive.
  if (process.env.FAULTLINE_SUPERVISED === '1') process.exit();
} catch (error) {
  process.exit(exitCodeOf(error));
}

function exitCodeOf(error: unknown): number {
  // Commander has written its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  reportError(error);
  return error instanceof CliError ? error.exit_code : EXIT.failed;
}
