// Reading the commands of a batch for its verdict, with their attempts and chaos rows, for the processes of a slice of ordinals at a time.
// In the caller's snapshot; every row is reached by key from the process that lists it.

import { queryArrays, type Tx } from '../../db/pool.ts';
import { PRIORITY } from '../../model/command.ts';
import { COMMAND_TEXT, type CommandRecord, recordOf, recordOfMany } from './command-text.ts';
import type { VerifiedBatch, VerifiedSlice } from './verify.ts';

export interface VerifiedCommand {
  command_id: string;
  /** As PostgreSQL writes it; null where it is not to be compared. */
  payload: string | null;
  result: unknown;
  error_message: string | null;
  record: CommandRecord;
}

/** Its first attempt is on this row. */
const IS_FIRST = `(a.attempt is null or a.attempt <= 1 or (
  select true from faultline.attempt o where o.command_id = l.command_id and o.attempt = 1 and o.lane = l.lane) is null)`;

/**
 * A row for each attempt, and one for a command that has none; a result, which may be large, is on the first. The keys of a slice lie side
 * by side in the indexes: from PostgreSQL 17 on a scan for all of them turns few pages, where a look-up for each begins at the root (before
 * 17 it does so too).
 */
const COMMANDS_OF_SLICE = `
  with listed as materialized (
    select p.lane, p.process_id, p.batch_id, p.created_at, p.ordinal % $12::int = 0 as compared, i.command_id, i.at, row_number() over (order by p.ordinal, p.lane, i.at) as place
    from faultline.process p cross join unnest(p.command_ids) with ordinality as i(command_id, at)
    where p.batch_id = $1 and p.ordinal >= $2 and p.ordinal < $3),
  keys as materialized (select array_agg(l.command_id) as ids from listed l)
  select l.command_id, l.place,
    case when l.compared and ${IS_FIRST} then c.payload::text end, case when ${IS_FIRST} then c.result end,
    c.error_message,
    ${COMMAND_TEXT}
  from listed l
    left join (select * from faultline.command where command_id = any((select ids from keys)::uuid[])) c
      on c.command_id = l.command_id and c.lane = l.lane
    left join (select * from e2e.test_command where command_id = any((select ids from keys)::uuid[])) t
      on t.command_id = l.command_id and t.lane = l.lane
    left join (select * from faultline.attempt where command_id = any((select ids from keys)::uuid[])) a
      on a.command_id = l.command_id and a.lane = l.lane
  order by l.place, a.attempt`;

type AttemptRow = [
  command_id: string,
  place: number,
  payload: string | null,
  result: unknown,
  error_message: string | null,
  text: string,
];

/** Payloads are as large as the rest of a command together, so of a larger batch not all are read. */
const MAX_COMPARED = 20_000;

/** Of how many processes of a batch one has its payloads compared. */
export function compareEach({ total_count }: Pick<VerifiedBatch, 'total_count'>): number {
  return Math.ceil(total_count / MAX_COMPARED);
}

/** The commands that the processes of a slice list, in the order of the processes and of their lists. */
export async function readVerifiedCommands(tx: Tx, { batch, from, to }: VerifiedSlice): Promise<VerifiedCommand[]> {
  const { batch_id, behavior, domain, max_attempts, backoff_ms, lease_ms, jitter_pct } = batch;
  const policy = [domain, max_attempts, backoff_ms, lease_ms, jitter_pct, PRIORITY.first_step, PRIORITY.next_step];
  const values = [batch_id, from, to, behavior && JSON.stringify(behavior), ...policy, compareEach(batch)];
  const rows = await queryArrays<AttemptRow>(tx, COMMANDS_OF_SLICE, values);
  const commands: VerifiedCommand[] = [];
  for (let at = 0; at < rows.length; ) {
    const [command_id, place, payload, result, error_message, text] = rows[at] as AttemptRow;
    const first = at;
    for (at++; rows[at]?.[1] === place; ) at++;
    const record = at - first === 1 ? recordOf(text) : recordOfMany(rows.slice(first, at).map((row) => row[5]));
    commands.push({ command_id, payload, result, error_message, record });
  }
  return commands;
}
