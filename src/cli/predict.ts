// faultline predict: what a launch would come to, without launching it.
// Takes the options of `batch create`; with its seed, the batch comes to just that.

import type { Preview } from '../http/contract.ts';
import { EXIT, type ExitCode } from '../supervisor/exit.ts';
import type { Client } from './client.ts';
import { type LaunchFlags, launchBody } from './launch-body.ts';
import { printJson, printTable, say } from './print.ts';

export async function predict(client: Client, flags: LaunchFlags & { json: boolean }): Promise<ExitCode> {
  const preview = await client.post<Preview>('/process-batches/preview', await launchBody(client, flags));
  if (flags.json) printJson(preview);
  else printPreview(preview, flags.count);
  return EXIT.ok;
}

function printPreview({ seed, exact, note, in_scope, expected, steps }: Preview, count: number): void {
  const scope = in_scope === count ? '' : `, ${in_scope} of them in scope`;
  say(`${exact ? 'Exactly' : 'About'}, for ${count} with seed ${seed}${scope}:`);
  const { completed, compensated, failed, in_troubleshooting, attempts } = expected;
  printTable(
    ['completed', 'compensated', 'failed', 'troubleshooting', 'attempts'],
    [[completed, compensated, failed, in_troubleshooting, attempts].map(rounded)],
  );
  say('');
  printTable(
    ['step', 'attempts', 'success', 'transient', 'permanent', 'business rule', 'timeout', 'injected'],
    Object.entries(steps).map(([step, tally]) => [
      step,
      ...[tally.attempts, tally.success, tally.transient, tally.permanent, tally.business_rule, tally.timeout].map(
        rounded,
      ),
      injectedText(tally.injected),
    ]),
  );
  if (note === null) return;
  say('');
  say(note);
}

function injectedText(injected: Record<string, number>): string {
  const hits = Object.entries(injected)
    .filter(([, hit]) => hit > 0)
    .sort();
  return hits.map(([fault, hit]) => `${fault} ${rounded(hit)}`).join(', ') || 'none';
}

/** Expectations are fractions. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
