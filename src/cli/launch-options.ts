// The options of whatever describes a launch: `batch create`, which does it, and `predict`, which does not.
// What they come to is in launch-body.ts.

import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { LIMITS } from '../model/limits.ts';
import { assign, type Document, isDocument } from './assignments.ts';
import { parseJsonOption } from './json-text.ts';
import { within } from './options.ts';

export function withLaunchOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--count <number>', 'processes in the batch').default(1).argParser(within(LIMITS.batch_count)),
    )
    .option('--type <name>', 'the process type (default: that of the application)')
    .option('--name <text>', 'a name for people')
    .option('--seed <text>', 'the seed of the faults; drawn when absent')
    .option('--set <name=value>', 'an input of the process, as often as needed', assign)
    .addOption(profileOption())
    .addOption(chaosOption())
    .addOption(new Option('--max-attempts <number>', 'attempts of each command').argParser(within(LIMITS.max_attempts)))
    .option('--backoff-ms <list>', 'pauses between attempts, by comma', numberList)
    .addOption(new Option('--lease-ms <number>', 'lease of each attempt').argParser(within(LIMITS.lease_ms)))
    .option('--hypothesis <text>', 'what is expected to hold')
    .addOption(new Option('--scope <percent>', 'only so many percent of the processes meet chaos').argParser(percent))
    .addOption(experimentOption());
}

export const profileOption = () =>
  new Option('--profile <name>', 'chaos from a profile, by name or id (`faultline profile list`)');

export const chaosOption = () =>
  new Option('--chaos <step.field=value>', 'faults of a step, as often as needed; over those of the profile').argParser(
    assign,
  );

export const experimentOption = () =>
  new Option(
    '--experiment <json>',
    'hypothesis, scope_pct, stop_conditions and turbulence as JSON, or @file to read them from',
  ).argParser(jsonOrFile);

/** A JSON object, or `@` and the path of a file with one. */
export function jsonOrFile(text: string): Document {
  const value = parse(text.startsWith('@') ? readText(text.slice(1)) : text);
  if (!isDocument(value)) throw new InvalidArgumentError('It must be a JSON object, or @file with one.');
  return value;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

function parse(text: string): unknown {
  try {
    return parseJsonOption(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100)) {
    throw new InvalidArgumentError('It must be a number from 0 to 100.');
  }
  return value;
}

function numberList(text: string): number[] {
  return text.split(',').map(within(LIMITS.backoff_ms));
}
