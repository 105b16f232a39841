// faultline batch rerun, process rerun: the same again, whole or one process of it alone.
// Each is a launch, and followed like one.

import type { Batch, LaunchAnswer } from '../http/contract.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import type { Document } from './assignments.ts';
import { type FollowFlags, follow } from './batch.ts';
import type { Client } from './client.ts';
import { behaviorOf, type ExperimentFlags, experimentOf } from './launch-body.ts';
import { readBatch } from './wait-for-batch.ts';

export interface RerunFlags extends ExperimentFlags, FollowFlags {
  count?: number;
  name?: string;
  seed?: string;
  profile?: string;
  /** false: none (`--no-chaos`). */
  chaos?: Document | false;
}

/** What is not said is as it was; chaos that is given takes the place of the batch's. */
export async function rerunBatch(client: Client, id: string, flags: RerunFlags): Promise<ExitCode> {
  const { count, name, seed } = flags;
  const path = `/process-batches/${encodeURIComponent(id)}/rerun`;
  const behavior = await rerunBehavior(client, id, flags);
  const body = { count, name, seed, behavior, experiment: experimentOf(flags) };
  return follow(client, await client.post<LaunchAnswer>(path, body), flags);
}

async function rerunBehavior(
  client: Client,
  id: string,
  { chaos, profile }: RerunFlags,
): Promise<Document | undefined> {
  if (chaos === false) {
    if (profile !== undefined) throw new CliError('Give either --profile or --no-chaos.', EXIT.usage);
    return {};
  }
  const batch: Batch | null = profile === undefined ? null : await readBatch(client, id);
  return behaviorOf(client, { profile, chaos, type: batch?.process_type ?? undefined });
}

export async function rerunProcess(
  client: Client,
  id: string,
  flags: FollowFlags & { name?: string },
): Promise<ExitCode> {
  const path = `/processes/${encodeURIComponent(id)}/rerun`;
  return follow(client, await client.post<LaunchAnswer>(path, { name: flags.name }), flags);
}
