// From the options of a launch to the body that the server takes: inputs, policy, chaos of a profile and on top of it, experiment.
// What is absent stays absent: defaults are the server's.

import type { Config } from '../http/contract.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { type Document, isDocument } from './assignments.ts';
import type { Client } from './client.ts';
import { findProfile } from './profiles.ts';

export interface LaunchFlags extends ChaosFlags, ExperimentFlags {
  count: number;
  name?: string;
  seed?: string;
  set?: Document;
  maxAttempts?: number;
  backoffMs?: number[];
  leaseMs?: number;
}

export async function launchBody(client: Client, flags: LaunchFlags): Promise<object> {
  const retry = { max_attempts: flags.maxAttempts, backoff_ms: flags.backoffMs };
  return {
    ...flags.set,
    count: flags.count,
    process_type: flags.type,
    name: flags.name,
    seed: flags.seed,
    behavior: await behaviorOf(client, flags),
    retry: retry.max_attempts === undefined && retry.backoff_ms === undefined ? undefined : retry,
    lease_ms: flags.leaseMs,
    experiment: experimentOf(flags),
  };
}

export interface ChaosFlags {
  type?: string;
  profile?: string;
  chaos?: Document;
}

/** The chaos of the profile, and field by field over it what --chaos says; undefined where neither is given. */
export async function behaviorOf(client: Client, flags: ChaosFlags): Promise<Document | undefined> {
  if (flags.profile === undefined) return flags.chaos;
  const behavior = await profileBehavior(client, flags.profile, flags.type);
  for (const [step, fields] of Object.entries(flags.chaos ?? {})) {
    const under = behavior[step];
    behavior[step] = isDocument(fields) && isDocument(under) ? { ...under, ...fields } : fields;
  }
  return behavior;
}

async function profileBehavior(client: Client, name: string, type: string | undefined): Promise<Document> {
  const { process_types, defaults } = await client.get<Config>('/config');
  const process_type = type ?? defaults.process_type ?? undefined;
  const { behavior, process_type: own } = await findProfile(client, name, process_type);
  if (own !== null) return { ...behavior };
  // Of a profile for any process, steps that this one does not have are passed over.
  const steps = process_types.find(({ type }) => type === process_type)?.steps.map(({ key }) => key) ?? [];
  const used = Object.entries(behavior).filter(([step]) => steps.includes(step));
  if (used.length > 0 || Object.keys(behavior).length === 0) return Object.fromEntries(used);
  throw new CliError(`The profile ${name} says nothing about any step of ${process_type}.`, EXIT.usage);
}

export interface ExperimentFlags {
  hypothesis?: string;
  scope?: number;
  experiment?: Document;
}

/** --hypothesis and --scope over what --experiment says; undefined where none is given. */
export function experimentOf({ hypothesis, scope, experiment }: ExperimentFlags): Document | undefined {
  if (hypothesis === undefined && scope === undefined) return experiment;
  return {
    ...experiment,
    ...(hypothesis !== undefined && { hypothesis }),
    ...(scope !== undefined && { scope_pct: scope }),
  };
}
