// faultline chaos stop | resume | status: the kill switch of a running server, and injection into one batch.

import type { Command } from 'commander';
import type { KillSwitch } from '../http/contract.ts';
import type { ExitCode } from '../supervisor/exit.ts';
import { type Client, onServer } from './client.ts';
import { actorOption, reasonOption } from './options.ts';
import { say, show } from './print.ts';

export function register(program: Command): void {
  const chaos = program.command('chaos').description('the kill switch of a running server');

  onServer(
    chaos
      .command('stop')
      .description('stop all injection and turbulence at once, and refuse new')
      .addOption(reasonOption())
      .addOption(actorOption())
      .option('--batch <batch_id>', 'for this batch only, and permanently'),
    stopChaos,
  );

  onServer(
    chaos.command('resume').description('allow chaos again').addOption(reasonOption()).addOption(actorOption()),
    (client, flags: SwitchFlags) => setKillSwitch(client, false, flags),
  );

  onServer(
    chaos.command('status').description('whether chaos is stopped, by whom and why'),
    async (client, flags: { json: boolean }) => showKillSwitch(await client.get('/chaos'), flags),
  );
}

interface SwitchFlags {
  reason?: string;
  actor?: string;
  json: boolean;
}

async function stopChaos(client: Client, flags: SwitchFlags & { batch?: string }): Promise<ExitCode> {
  const { batch, reason, actor } = flags;
  if (batch === undefined) return setKillSwitch(client, true, flags);
  const path = `/process-batches/${encodeURIComponent(batch)}/injection/stop`;
  const answer = await client.post<{ injection_stopped_at: string }>(path, { reason, actor });
  return show(flags, answer, () =>
    say(`Injection into batch ${batch} is stopped since ${answer.injection_stopped_at}.`),
  );
}

async function setKillSwitch(client: Client, stopped: boolean, flags: SwitchFlags): Promise<ExitCode> {
  const { reason, actor } = flags;
  return showKillSwitch(await client.put('/chaos', { stopped, reason, actor }), flags);
}

function showKillSwitch(killSwitch: KillSwitch, flags: { json: boolean }): ExitCode {
  const { stopped, at, actor, reason } = killSwitch;
  const why = reason ? `: ${reason}` : '';
  return show(flags, killSwitch, () =>
    say(stopped ? `Chaos is stopped, since ${at}, by ${actor}${why}.` : 'Chaos is on.'),
  );
}
