// faultline chaos stop | resume | status: the kill switch of a running server, and injection into one batch.
// Stopping is never refused: who finds it stopped has what he wanted.

import type { KillSwitch } from '../http/contract.ts';
import { EXIT, type ExitCode } from '../supervisor/exit.ts';
import type { Client } from './client.ts';
import { printJson, say } from './print.ts';

export interface KillSwitchFlags {
  reason?: string;
  actor?: string;
  json: boolean;
}

/** Of one batch, which cannot be undone, or of all at once. */
export async function stopChaos(client: Client, flags: KillSwitchFlags & { batch?: string }): Promise<ExitCode> {
  const { batch, reason, actor, json } = flags;
  if (batch === undefined) return pull(client, true, flags);
  const path = `/process-batches/${encodeURIComponent(batch)}/injection/stop`;
  const answer = await client.post<{ injection_stopped_at: string }>(path, { reason, actor });
  if (json) printJson(answer);
  else say(`Nothing more is injected into batch ${batch}, since ${answer.injection_stopped_at}.`);
  return EXIT.ok;
}

export function resumeChaos(client: Client, flags: KillSwitchFlags): Promise<ExitCode> {
  return pull(client, false, flags);
}

async function pull(client: Client, stopped: boolean, { reason, actor, json }: KillSwitchFlags): Promise<ExitCode> {
  return tell(await client.put<KillSwitch>('/chaos', { stopped, reason, actor }), json);
}

export async function chaosStatus(client: Client, { json }: { json: boolean }): Promise<ExitCode> {
  return tell(await client.get<KillSwitch>('/chaos'), json);
}

function tell(killSwitch: KillSwitch, json: boolean): ExitCode {
  if (json) printJson(killSwitch);
  else if (!killSwitch.stopped) say('Chaos is on: what was launched with it meets it.');
  else
    say(
      `Chaos is stopped, since ${killSwitch.at}, by ${killSwitch.actor}${killSwitch.reason ? `: ${killSwitch.reason}` : ''}.`,
    );
  return EXIT.ok;
}
