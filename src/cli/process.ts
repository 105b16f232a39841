// faultline process rerun: runs one process again, alone.

import type { Command } from 'commander';
import type { LaunchAnswer } from '../http/contract.ts';
import type { ExitCode } from '../supervisor/exit.ts';
import { type FollowFlags, followLaunch, WATCH } from './batch.ts';
import { type Client, onServer } from './client.ts';

export function register(program: Command): void {
  onServer(
    program
      .command('process')
      .description('single processes of a running server')
      .command('rerun <process_id>')
      .description('run one process again, alone, with the same faults: as a batch of one')
      .option('--name <text>', 'a name for the batch')
      .option(...WATCH),
    rerun,
  );
}

async function rerun(client: Client, id: string, flags: FollowFlags & { name?: string }): Promise<ExitCode> {
  const path = `/processes/${encodeURIComponent(id)}/rerun`;
  return followLaunch(client, await client.post<LaunchAnswer>(path, { name: flags.name }), flags);
}
