// What a worker works, as options: slots for every domain alike or by domain, and which domains.
// A supervisor hands both on through the environment, in the same words.

import { InvalidArgumentError, Option } from 'commander';
import { LIMITS } from '../model/limits.ts';
import { within } from './options.ts';

/** By domain; `*` for those not named. */
export type Slots = Record<string, number>;

const number = within(LIMITS.slots);

/** `100`, `payments=5`, or several of them by comma; may be given again and again. */
export function addSlots(text: string, previous: Slots | undefined): Slots {
  const slots: Slots = { ...previous };
  for (const part of text.split(',')) {
    const [name, value] = part.includes('=') ? split(part) : ['*', part];
    if (name === '') throw new InvalidArgumentError('Say it as 100 for every domain, or as payments=5 for one.');
    slots[name] = number(value);
  }
  return slots;
}

function split(part: string): [name: string, value: string] {
  const at = part.lastIndexOf('=');
  return [part.slice(0, at).trim(), part.slice(at + 1)];
}

/** The words that `addSlots` reads. */
export function slotsText(slots: Slots): string {
  return Object.entries(slots)
    .map(([domain, count]) => `${domain}=${count}`)
    .join(',');
}

function domainNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Say it as names, by comma: payments,reporting.');
  return [...new Set(names)];
}

export const slotsOption = () =>
  new Option(
    '--slots <number>',
    'attempts at a time per domain, or of one domain: --slots 50 --slots payments=5 (default: as the settings say)',
  )
    .env('FAULTLINE_SLOTS')
    .argParser(addSlots);

export const domainsOption = () =>
  new Option('--domains <list>', 'domains to work, by comma (default: all that have handlers)')
    .env('FAULTLINE_DOMAINS')
    .argParser(domainNames);
