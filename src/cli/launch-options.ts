// The options that describe a launch (`batch create`, `batch rerun`, `predict`), and the request they make.
// An option that is not given stays absent: the server applies the defaults.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { LIMITS } from '../model/limits.ts';
import { behaviorOf, type ChaosFlags, chaosOption, profileOption } from './behavior-options.ts';
import type { Client } from './client.ts';
import { assign, type Document, jsonOrFile } from './json-options.ts';
import { within } from './options.ts';

export interface LaunchFlags extends ChaosFlags, ExperimentFlags {
  count: number;
  name?: string;
  seed?: string;
  set?: Document;
  maxAttempts?: number;
  backoffMs?: number[];
  leaseMs?: number;
}

export interface ExperimentFlags {
  hypothesis?: string;
  scope?: number;
  experiment?: Document;
}

export function withLaunchOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--count <number>', 'processes in the batch').default(1).argParser(within(LIMITS.batch_count)),
    )
    .option('--type <name>', 'the process type (default: that of the application)')
    .option('--name <text>', 'a display name')
    .option('--seed <text>', 'the seed of the faults (default: a random one)')
    .option('--set <name=value>', 'an input of the process; repeatable', assign)
    .addOption(profileOption())
    .addOption(chaosOption())
    .option('--max-attempts <number>', 'attempts of each command', within(LIMITS.max_attempts))
    .option('--backoff-ms <list>', 'delays between attempts, separated by commas', numberList)
    .option('--lease-ms <number>', 'lease of each attempt', within(LIMITS.lease_ms))
    .option('--hypothesis <text>', 'what is expected to hold')
    .option('--scope <percent>', 'how many percent of the processes chaos may touch', percent)
    .addOption(experimentOption());
}

export const experimentOption = () =>
  new Option(
    '--experiment <json>',
    'hypothesis, scope_pct, stop_conditions and turbulence as JSON, or @file to read them from',
  ).argParser(jsonOrFile);

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 100) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 100.');
}

function numberList(text: string): number[] {
  return text.split(',').map(within(LIMITS.backoff_ms));
}

/** The body of `POST /process-batches`. */
export async function launchBody(client: Client, flags: LaunchFlags): Promise<object> {
  const { maxAttempts: max_attempts, backoffMs: backoff_ms } = flags;
  return {
    ...flags.set,
    count: flags.count,
    process_type: flags.type,
    name: flags.name,
    seed: flags.seed,
    behavior: await behaviorOf(client, flags),
    retry: max_attempts === undefined && backoff_ms === undefined ? undefined : { max_attempts, backoff_ms },
    lease_ms: flags.leaseMs,
    experiment: experimentOf(flags),
  };
}

/** --experiment, overridden by --hypothesis and --scope; undefined without any. */
export function experimentOf({ hypothesis, scope, experiment }: ExperimentFlags): Document | undefined {
  if (hypothesis === undefined && scope === undefined) return experiment;
  return {
    ...experiment,
    ...(hypothesis !== undefined && { hypothesis }),
    ...(scope !== undefined && { scope_pct: scope }),
  };
}
