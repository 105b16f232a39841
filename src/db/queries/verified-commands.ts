// Reading the commands of a batch for its verdict, with their attempts and chaos rows, for the processes of a slice of ordinals at a time.
// In the caller's snapshot; every row is reached by key from the process that lists it.

import type { CommandPurpose, CommandStatus } from '../../model/command.ts';
import { queryArrays, type Tx } from '../pool.ts';
import { parseEachOnce } from '../records.ts';
import type { VerifiedSlice } from './verify.ts';

/** An attempt that ended. */
export interface AttemptRecord {
  attempt: number;
  outcome: string;
  effect: string;
  fault: string | null;
  reason: string | null;
  error_code: string | null;
  /** When it ran, in ms since 1970; only of a failure that nobody asked for. */
  span: { from_ms: number; to_ms: number } | null;
}

/** What many commands have in common: one object for all of them. */
export interface CommandRecord {
  /** Null: a process lists it, but there is no such command. */
  purpose: CommandPurpose | null;
  type: string;
  step: string | null;
  status: CommandStatus;
  attempts: number;
  attempts_limit: number;
  max_attempts: number;
  error_code: string | null;
  annotated: boolean;
  /** It is a command of the process that lists it, and of the same batch. */
  own: boolean;
  /** What stands beside the command: true for what the launch gives its step, JSON text for anything else, null for nothing. */
  behavior: string | true | null;
  suppressed: readonly number[] | null;
  /** Its attempts that ended, in order. */
  attempted: readonly AttemptRecord[];
}

export interface VerifiedCommand {
  command_id: string;
  result: unknown;
  error_message: string | null;
  record: CommandRecord;
}

/** Between the values of a record, and between the attempts of a command: JSON escapes them, and nothing else that comes may hold them. */
const UNIT = '\x1f';
const PART = '\x1e';

const parseCommand = parseEachOnce((text: string): CommandRecord => {
  const [command = '', ...attempted] = text.split(PART);
  const [
    purpose,
    type,
    step,
    status,
    attempts,
    attempts_limit,
    max_attempts,
    error_code,
    annotated,
    own,
    beside,
    suppressed,
  ] = command.split(UNIT);
  return {
    purpose: (purpose || null) as CommandPurpose | null,
    type: textOf(type) ?? '',
    step: textOf(step),
    status: status as CommandStatus,
    attempts: Number(attempts),
    attempts_limit: Number(attempts_limit),
    max_attempts: Number(max_attempts),
    error_code: textOf(error_code),
    annotated: annotated === 't',
    own: own === 't',
    behavior: beside === AS_LAUNCHED || beside || null,
    suppressed: suppressed ? JSON.parse(suppressed) : null,
    attempted: attempted.map(parseAttempt),
  };
});

function parseAttempt(text: string): AttemptRecord {
  const [attempt, outcome, effect, fault, reason, error_code, from_ms, to_ms] = text.split(UNIT);
  return {
    attempt: Number(attempt),
    outcome: textOf(outcome) ?? '',
    effect: textOf(effect) ?? '',
    fault: textOf(fault),
    reason: textOf(reason),
    error_code: textOf(error_code),
    span: from_ms && to_ms ? { from_ms: Number(from_ms), to_ms: Number(to_ms) } : null,
  };
}

/** Of a text that may hold anything, by hand even a separator, and therefore comes as JSON. */
function textOf(json: string | undefined): string | null {
  return json ? (JSON.parse(json) as string) : null;
}

const AS_LAUNCHED = '=';

const between = (values: readonly string[]) => `concat(${values.join(`, '${UNIT}', `)})`;
const ms = (column: string) =>
  `case when a.fault is null and a.outcome in ('transient', 'permanent') then (extract(epoch from ${column}) * 1000)::bigint end`;

/** As parseCommand takes it apart. */
const COMMAND_TEXT = between([
  ...['c.purpose', 'to_json(c.type)', 'to_json(c.step)', 'c.status', 'c.attempts', 'c.attempts_limit'],
  ...['c.max_attempts', 'to_json(c.error_code)', 'c.annotated'],
  'c.process_id = l.process_id and c.batch_id = l.batch_id',
  `case when t.behavior = $4::jsonb -> split_part(c.step, '#', 1) then '${AS_LAUNCHED}' else t.behavior::text end`,
  'to_json(t.suppressed)',
]);
/** As parseAttempt does. */
const ATTEMPT_TEXT = between([
  ...['a.attempt', 'to_json(a.outcome)', 'to_json(a.effect)', 'to_json(a.fault)', 'to_json(a.reason)'],
  ...['to_json(a.error_code)', ms('a.started_at'), ms('a.ended_at')],
]);

/**
 * A row for each attempt, and one for a command that has none; a result, which may be large, is on the first. The keys of a slice lie side
 * by side in the indexes: from PostgreSQL 17 on a scan for all of them turns few pages, where a look-up for each begins at the root (before
 * 17 it does so too). Text by `concat`: JSON throughout costs PostgreSQL twice as much.
 */
const COMMANDS_OF_SLICE = `
  with listed as materialized (
    select p.lane, p.process_id, p.batch_id, i.command_id, row_number() over (order by p.ordinal, p.lane, i.place) as place
    from faultline.process p cross join unnest(p.command_ids) with ordinality as i(command_id, place)
    where p.batch_id = $1 and p.ordinal >= $2 and p.ordinal < $3),
  keys as materialized (select array_agg(l.command_id) as ids from listed l)
  select l.command_id, l.place,
    case when a.attempt > 1 and (
        select true from faultline.attempt o where o.command_id = l.command_id and o.attempt = 1 and o.lane = l.lane)
      then null else c.result end,
    c.error_message, ${COMMAND_TEXT}, case when a.attempt is not null then ${ATTEMPT_TEXT} end
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
  result: unknown,
  error_message: string | null,
  command: string,
  attempt: string | null,
];

/** The commands that the processes of a slice list, in the order of the processes and of their lists. */
export async function readVerifiedCommands(
  tx: Tx,
  { batch_id, behavior, from, to }: VerifiedSlice,
): Promise<VerifiedCommand[]> {
  const values = [batch_id, from, to, behavior && JSON.stringify(behavior)];
  const rows = await queryArrays<AttemptRow>(tx, COMMANDS_OF_SLICE, values);
  const commands: VerifiedCommand[] = [];
  for (let at = 0; at < rows.length; ) {
    const [command_id, place, result, error_message, command, attempt] = rows[at] as AttemptRow;
    let text = attempt === null ? command : command + PART + attempt;
    for (at++; rows[at]?.[1] === place; at++) text += PART + rows[at]?.[5];
    commands.push({ command_id, result, error_message, record: parseCommand(text) });
  }
  return commands;
}
