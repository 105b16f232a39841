// Rows that tell of the same thing and do not say the same, in words. What an operator or a deadline did to a command changes what stands
// on it, and not what its attempts say: those columns need not agree then.

import type { CommandRecord } from '../../db/queries/verified-commands.ts';

const NONE: never[] = [];

const OPERATED = new Set(['error_code', 'error_message', 'error_group', 'park_reason', 'ended_at', 'started_at']);

/** `operated`: a verb or a deadline changed the command. */
export function disagreementsOf(record: CommandRecord, operated: boolean): string[] {
  if (record.disagrees.length === 0 && record.attempted.every(({ disagrees }) => disagrees.length === 0)) return NONE;
  const name = record.purpose === 'compensation' ? `the compensation of ${record.step}` : `${record.step}`;
  const wrong = (columns: readonly string[]) => columns.filter((column) => !operated || !OPERATED.has(column));
  const rows = [
    { words: name, columns: wrong(record.disagrees) },
    ...record.attempted.map(({ attempt, disagrees }) => ({
      words: `attempt ${attempt} of ${name}`,
      columns: wrong(disagrees),
    })),
  ];
  return rows
    .filter(({ columns }) => columns.length > 0)
    .map(({ words, columns }) => `${words}: ${columns.join(', ')} cannot be, by the rows beside it`);
}
