// faultline predict: the outcome of a launch, without launching it.
// It takes the options of `batch create`; a batch created with the same seed has exactly the predicted outcome.

import type { Command } from 'commander';
import type { Preview } from '../http/contract.ts';
import { onServer } from './client.ts';
import { type LaunchFlags, launchBody, withLaunchOptions } from './launch-options.ts';
import { printTable, say, show } from './print.ts';

export function register(program: Command): void {
  onServer(
    withLaunchOptions(program.command('predict').description('predict the outcome of a launch, and launch nothing')),
    async (client, flags: LaunchFlags & { json: boolean }) => {
      const preview = await client.post<Preview>('/process-batches/preview', await launchBody(client, flags));
      return show(flags, preview, () => printPreview(preview, flags.count));
    },
  );
}

function printPreview({ seed, exact, note, in_scope, expected, steps }: Preview, count: number): void {
  const scope = in_scope === count ? '' : `, ${in_scope} of them in scope`;
  say(`${exact ? 'Exactly' : 'About'}, for ${count} with seed ${seed}${scope}:`);
  const { completed, compensated, failed, in_troubleshooting, attempts } = expected;
  printTable(
    ['completed', 'compensated', 'failed', 'troubleshooting', 'attempts'],
    [[completed, compensated, failed, in_troubleshooting, attempts]],
  );
  say('');
  printTable(
    ['step', 'attempts', 'success', 'transient', 'permanent', 'business rule', 'timeout', 'injected'],
    Object.entries(steps).map(
      ([step, { attempts, success, transient, permanent, business_rule, timeout, injected }]) => [
        step,
        ...[attempts, success, transient, permanent, business_rule, timeout],
        injectedText(injected),
      ],
    ),
  );
  if (note === null) return;
  say('');
  say(note);
}

function injectedText(injected: Record<string, number>): string {
  const hits = Object.entries(injected)
    .filter(([, hit]) => hit > 0)
    .sort();
  return hits.map(([fault, hit]) => `${fault} ${hit}`).join(', ') || 'none';
}
