// The options of a worker, which `work` and `start` share: slots, domains, and which process to log.
// The supervisor passes them on through the environment, in the same notation.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { LIMITS } from '../model/limits.ts';
import { within } from './options.ts';

/** By domain; `*` for the other domains. */
export type Slots = Record<string, number>;

export interface WorkFlags {
  slots?: Slots;
  domains?: readonly string[];
  /** True when the option has no value. */
  followProcess?: string | true;
}

export function withWorkOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--slots <number>',
        'attempts at a time per domain, or of one domain: --slots 50 --slots payments=5 (default: as the settings say)',
      )
        .env('FAULTLINE_SLOTS')
        .argParser(addSlots),
    )
    .addOption(
      new Option('--domains <list>', 'domains to work, separated by commas (default: all that have handlers)')
        .env('FAULTLINE_DOMAINS')
        .argParser(domainNames),
    )
    .addOption(
      new Option('--follow-process [id]', 'log each step of this process, or of every process').env(
        'FAULTLINE_FOLLOW_PROCESS',
      ),
    );
}

/** An id, `all`, or undefined for none. */
export function followedProcess({ followProcess }: WorkFlags): string | undefined {
  return followProcess === true ? 'all' : followProcess || undefined;
}

const count = within(LIMITS.slots);

/** `100`, `payments=5`, or several separated by commas; repeatable. */
export function addSlots(text: string, previous: Slots | undefined): Slots {
  const slots: Slots = { ...previous };
  for (const part of text.split(',')) {
    const at = part.lastIndexOf('=');
    const name = at < 0 ? '*' : part.slice(0, at).trim();
    if (name === '') throw new InvalidArgumentError('Say it as 100 for every domain, or as payments=5 for one.');
    slots[name] = count(part.slice(at + 1));
  }
  return slots;
}

/** The notation that `addSlots` reads. */
export function slotsText(slots: Slots): string {
  return Object.entries(slots)
    .map(([domain, number]) => `${domain}=${number}`)
    .join(',');
}

function domainNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Say it as names separated by commas: payments,reporting.');
  return [...new Set(names)];
}
