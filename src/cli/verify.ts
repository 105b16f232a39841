// faultline verify: the verdict on a batch, check by check, or the self-test of the checks.

import type { Command } from 'commander';
import type { Verdict } from '../http/contract.ts';
import { isBatchAtRest } from '../model/process.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import { type Client, onServer } from './client.ts';
import { databaseUrlOption } from './options.ts';
import { printTable, say, show } from './print.ts';
import { awaitVerdict, readBatch, readVerdict, waitForBatch } from './wait-for-batch.ts';

export const VERDICT_EXIT = {
  pass: EXIT.ok,
  fail: EXIT.not_passed,
  running: EXIT.refused,
} as const satisfies Record<Verdict['verdict'], ExitCode>;

export const VERDICT_HELP = `
Exits with 0 when the batch passed, 5 when it failed, 4 when it is not at rest.`;

export const WAIT = ['--wait', 'wait until the batch is at rest', false] as const;

export function register(program: Command): void {
  onServer(
    program
      .command('verify [batch_id]')
      .description('check that nothing of a batch was lost, duplicated or left behind')
      .option(...WAIT)
      .option('--self-test', 'instead, test the checks: each must detect the broken variant made for it', false)
      .addOption(databaseUrlOption('where the self-test creates a database (default: on a PostgreSQL of its own)'))
      .addHelpText('after', VERDICT_HELP),
    async (client, id: string | undefined, flags: VerifyFlags & { selfTest: boolean; databaseUrl?: string }) => {
      if ((id === undefined) !== flags.selfTest) throw new CliError('Give either a batch or --self-test.', EXIT.usage);
      if (id !== undefined) return verify(client, id, flags);
      const { selfTest } = await import('./self-test.ts');
      return selfTest({ database_url: flags.databaseUrl, json: flags.json });
    },
  );
}

export interface VerifyFlags {
  wait: boolean;
  json: boolean;
}

export async function verify(client: Client, id: string, flags: VerifyFlags): Promise<ExitCode> {
  const verdict = await verdictOf(client, id, flags);
  show(flags, verdict, () => printVerdict(verdict));
  return VERDICT_EXIT[verdict.verdict];
}

/** A batch at rest is verified again: rows and documents may have changed since its verdict was stored. */
async function verdictOf(client: Client, id: string, { wait, json: silent }: VerifyFlags): Promise<Verdict> {
  const { status } = await readBatch(wait ? client.retrying() : client, id);
  if (wait) await waitForBatch(client, id, silent);
  if (isBatchAtRest(status)) {
    const verdict = await readVerdict(client, id, silent, { fresh: true, retry: wait });
    // The batch may have been reopened meanwhile.
    if (!wait || verdict.verdict !== 'running') return verdict;
  }
  return wait ? (await awaitVerdict(client, id, silent)).verdict : readVerdict(client, id, silent);
}

/** The number of violations shown of a failed check; the JSON has the first hundred. */
const MAX_SHOWN = 10;

function printVerdict({ verdict, checks }: Verdict): void {
  printTable(
    ['check', 'status', 'checked', 'violations', 'rule'],
    checks.map(({ name, status, checked, violations, rule, note }) => [
      name,
      status,
      checked,
      violations,
      note === null ? rule : `${rule} (${note})`,
    ]),
  );
  for (const { name, violations, violating_ids, details } of checks.filter(({ status }) => status === 'fail')) {
    say('');
    say(`${name}: ${violations} ${violations === 1 ? 'violation' : 'violations'}`);
    for (const line of details.slice(0, MAX_SHOWN)) say(`  ${line}`);
    const shown = details.join('\n');
    const others = violating_ids.filter((id) => !shown.includes(id)).slice(0, Math.max(0, MAX_SHOWN - details.length));
    for (const id of others) say(`  ${id}`);
  }
  say('');
  say(verdict === 'running' ? 'Not at rest yet: only light checks were made.' : `Verdict: ${verdict}`);
}
