// Rows that tell of the same thing and do not say the same, in words. A verb writes on a command what its attempts do not say: that, and no
// more, need not agree then.

import type { CommandRecord } from './queries/command-text.ts';

/** Which verbs came when, as the replay met them. */
export interface Verbs {
  /** After the last attempt that ended. */
  since_last: boolean;
  /** Attempts that followed a verb. */
  before: ReadonlySet<number>;
  /** An operator retried the command, whenever. */
  retried: boolean;
}

const NONE: never[] = [];

/** What a verb writes on the command. */
const WRITTEN = new Set(['error_code', 'error_message', 'error_group', 'park_reason', 'ended_at', 'available_at']);

/** When an attempt is due that follows a verb, the attempt before it does not say. */
const DUE = new Set(['started_at', 'available_at']);

/** `name` is what the command is called. */
export function wordsOfDisagreements(record: CommandRecord, name: string, verbs: Verbs): string[] {
  if (record.disagrees.length === 0 && record.attempted.every(({ disagrees }) => disagrees.length === 0)) return NONE;
  const written = (column: string) => verbs.since_last && WRITTEN.has(column);
  const ofCommand = record.disagrees.filter((column) => (column === 'deadline_at' ? !verbs.retried : !written(column)));
  const ofAttempts = record.attempted.map(({ attempt, disagrees }) => ({
    words: `attempt ${attempt} of ${name}`,
    columns: disagrees.filter((column) => !written(column) && !(verbs.before.has(attempt) && DUE.has(column))),
  }));
  return [{ words: name, columns: ofCommand }, ...ofAttempts]
    .filter(({ columns }) => columns.length > 0)
    .map(({ words, columns }) => `${words}: ${columns.join(', ')} cannot be, by the rows beside it`);
}
