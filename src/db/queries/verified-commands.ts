// Reading the commands of a batch for its verdict, with their attempts and chaos rows, for the processes of a slice of ordinals at a time.
// In the caller's snapshot; every row is reached by key from the process that lists it.

import { type CommandPurpose, type CommandStatus, PRIORITY } from '../../model/command.ts';
import { queryArrays, type Tx } from '../pool.ts';
import { parseEachOnce } from '../records.ts';
import {
  allOf,
  attemptAgreements,
  commandAgreements,
  disagreements,
  IS_LAST,
  LAST_ATTEMPT_AGREEMENTS,
} from './agreement.ts';
import type { VerifiedBatch, VerifiedSlice } from './verify.ts';

/** An attempt that ended. */
export interface AttemptRecord {
  attempt: number;
  outcome: string;
  effect: string;
  fault: string | null;
  reason: string | null;
  error_code: string | null;
  /** Of one that was injected. */
  error_message: string | null;
  /** Until when it was not to be tried again, in ms from its end; null where it was not to be tried again. */
  delay_ms: number | null;
  /** When it ran, in ms since 1970; only of a failure that nobody asked for. */
  span: { from_ms: number; to_ms: number } | null;
  /** The columns that do not agree with its command. */
  disagrees: readonly string[];
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
  interruptions: number;
  error_code: string | null;
  /** In ms from when it was sent, and what follows: `60000 tsq`. */
  deadline: string | null;
  annotated: boolean;
  /** It is a command of the process that lists it, and of the same batch. */
  own: boolean;
  /** What stands beside the command: true for what the launch gives its step, JSON text for anything else, null for nothing. */
  behavior: string | true | null;
  suppressed: readonly number[] | null;
  /** The columns that do not agree with its process, its batch or its last attempt. */
  disagrees: readonly string[];
  /** Its attempts that ended, in order. */
  attempted: readonly AttemptRecord[];
}

export interface VerifiedCommand {
  command_id: string;
  /** As PostgreSQL writes it; null where it is not to be compared. */
  payload: string | null;
  result: unknown;
  error_message: string | null;
  record: CommandRecord;
}

/**
 * Between the values of a record, and between the attempts of a command. What may hold anything comes as JSON, which escapes them; the words
 * that the bus itself writes on an attempt come as they are, and are counted: one that holds a separator was written by hand.
 */
const UNIT = '\x1f';
const PART = '\x1e';

const parseCommand = parseEachOnce((text: string): CommandRecord => {
  const [command = '', ...attempted] = text.split(PART);
  const units = command.split(UNIT);
  return units.length === PLAIN_UNITS ? plainRecord(units) : fullRecord(units, attempted);
});

/** It succeeded at once, with nothing injected, and all that stands on it is what must stand there then. */
function plainRecord([purpose, type, step, max_attempts, annotated]: string[]): CommandRecord {
  const behavior = annotated === 't' || null;
  return {
    ...{ purpose: purpose as CommandPurpose, type: textOf(type) ?? '', step: textOf(step), status: 'COMPLETED' },
    ...{ attempts: 1, attempts_limit: Number(max_attempts), max_attempts: Number(max_attempts), interruptions: 0 },
    ...{ error_code: null, deadline: null, annotated: behavior !== null, own: true, behavior, suppressed: null },
    ...{ disagrees: NONE, attempted: PLAIN_ATTEMPTS },
  };
}

function fullRecord(units: string[], attempted: string[]): CommandRecord {
  const [purpose, type, step, status, attempts, attempts_limit, max_attempts, interruptions, ...others] = units;
  const [error_code, deadline, annotated, own, beside, suppressed, disagrees] = others;
  return {
    purpose: (purpose || null) as CommandPurpose | null,
    type: textOf(type) ?? '',
    step: textOf(step),
    status: status as CommandStatus,
    attempts: Number(attempts),
    attempts_limit: Number(attempts_limit),
    max_attempts: Number(max_attempts),
    interruptions: Number(interruptions),
    error_code: textOf(error_code),
    deadline: deadline || null,
    annotated: annotated === 't',
    own: own === 't',
    behavior: beside === AS_LAUNCHED || beside || null,
    suppressed: suppressed ? JSON.parse(suppressed) : null,
    disagrees: columnsOf(disagrees),
    attempted: attempted.map(parseAttempt),
  };
}

function parseAttempt(text: string): AttemptRecord {
  const units = text.split(UNIT);
  const [attempt, outcome, effect, fault, reason, error_code, error_message, delay_ms, from_ms, to_ms, disagrees] =
    units;
  if (units.length !== ATTEMPT_UNITS) return damagedAttempt(Number(attempt), text);
  return {
    attempt: Number(attempt),
    outcome: outcome ?? '',
    effect: effect ?? '',
    fault: fault || null,
    reason: reason || null,
    error_code: textOf(error_code),
    error_message: textOf(error_message),
    delay_ms: delay_ms ? Number(delay_ms) : null,
    span: from_ms && to_ms ? { from_ms: Number(from_ms), to_ms: Number(to_ms) } : null,
    disagrees: columnsOf(disagrees),
  };
}

function damagedAttempt(attempt: number, outcome: string): AttemptRecord {
  const nothing = { fault: null, reason: null, error_code: null, error_message: null, delay_ms: null, span: null };
  return { attempt, outcome, effect: '', ...nothing, disagrees: ['outcome'] };
}

const NONE: readonly string[] = [];

function columnsOf(text: string | undefined): readonly string[] {
  return text ? text.split(',') : NONE;
}

/** Of a text that may hold anything, by hand even a separator, and therefore comes as JSON. */
function textOf(json: string | undefined): string | null {
  return json ? (JSON.parse(json) as string) : null;
}

const AS_LAUNCHED = '=';

const between = (values: readonly string[]) => `concat(${values.join(`, '${UNIT}', `)})`;
const ms = (interval: string) => `(extract(epoch from ${interval}) * 1000)::bigint`;
const ofRealFailure = (value: string) =>
  `case when a.fault is null and a.outcome in ('transient', 'permanent') then ${value} end`;

const COMMAND = commandAgreements({
  ...{ domain: '$5', max_attempts: '$6', backoff_ms: '$7::int[]', lease_ms: '$8', jitter_pct: '$9' },
  ...{ first_priority: '$10::int', next_priority: '$11::int' },
});
/** When an attempt might begin at the earliest: few are not the first. */
const DUE_AT = `case when a.attempt > 1 then (select b.retry_at from faultline.attempt b
  where b.command_id = l.command_id and b.attempt = a.attempt - 1 and b.lane = l.lane) end`;
const ATTEMPT = attemptAgreements(DUE_AT);
const BEHAVIOR_OF_STEP = `$4::jsonb -> split_part(c.step, '#', 1)`;

/** As fullRecord takes it apart. */
const COMMAND_VALUES = [
  ...[
    'c.purpose',
    'to_json(c.type)',
    'to_json(c.step)',
    'c.status',
    'c.attempts',
    'c.attempts_limit',
    'c.max_attempts',
  ],
  ...['c.interruptions', 'to_json(c.error_code)', `c.deadline_ms || ' ' || c.on_deadline`, 'c.annotated'],
  'c.process_id = l.process_id and c.batch_id = l.batch_id',
  `case when t.behavior = ${BEHAVIOR_OF_STEP} then '${AS_LAUNCHED}' else t.behavior::text end`,
  ...['to_json(t.suppressed)', disagreements(COMMAND)],
];
/** As parseAttempt does. */
const ATTEMPT_VALUES = [
  ...['a.attempt', 'a.outcome', 'a.effect', 'a.fault', 'a.reason'],
  ...['to_json(a.error_code)', 'case when a.fault is not null then to_json(a.error_message) end'],
  ...[ms('a.retry_at - a.ended_at'), ofRealFailure(ms('a.started_at')), ofRealFailure(ms('a.ended_at'))],
  `concat_ws(',', ${disagreements(ATTEMPT)}, ${disagreements(LAST_ATTEMPT_AGREEMENTS, IS_LAST)})`,
];
const ATTEMPT_UNITS = ATTEMPT_VALUES.length;

/** Its first attempt is on this row. */
const IS_FIRST = `(a.attempt is null or a.attempt <= 1 or (
  select true from faultline.attempt o where o.command_id = l.command_id and o.attempt = 1 and o.lane = l.lane) is null)`;

/** Nine commands of ten are like this: sent in full, each would cost as much as the one that is not. */
const IS_PLAIN = [
  ...[`c.status = 'COMPLETED'`, 'c.attempts = 1', 'a.attempt = 1', `a.outcome = 'success'`, `a.effect = 'COMPLETED'`],
  ...['a.fault', 'a.reason', 'a.retry_at', 'a.error_code', 'a.error_message'].map((column) => `${column} is null`),
  ...['c.attempts_limit = c.max_attempts', 'c.interruptions = 0', 'c.deadline_ms is null', 't.suppressed is null'],
  'c.process_id = l.process_id',
  `case when t.command_id is null then not c.annotated else c.annotated and t.behavior = ${BEHAVIOR_OF_STEP} end`,
  ...[allOf(COMMAND), allOf(ATTEMPT), allOf(LAST_ATTEMPT_AGREEMENTS)],
].join(' and ');
/** As plainRecord takes it apart. */
const PLAIN_VALUES = ['c.purpose', 'to_json(c.type)', 'to_json(c.step)', 'c.max_attempts', 'c.annotated'];
const PLAIN_UNITS = PLAIN_VALUES.length;
/** The attempt that such a command had, as it would have been sent. */
const PLAIN_ATTEMPT = `1${UNIT}success${UNIT}COMPLETED${UNIT.repeat(ATTEMPT_UNITS - 3)}`;
const PLAIN_ATTEMPTS = [parseAttempt(PLAIN_ATTEMPT)];

/**
 * A row for each attempt, and one for a command that has none; a result, which may be large, is on the first. The keys of a slice lie side
 * by side in the indexes: from PostgreSQL 17 on a scan for all of them turns few pages, where a look-up for each begins at the root (before
 * 17 it does so too). Text by `concat`: JSON throughout costs PostgreSQL twice as much.
 */
const COMMANDS_OF_SLICE = `
  with listed as materialized (
    select p.lane, p.process_id, p.batch_id, p.ordinal % $12::int = 0 as compared, i.command_id, i.at, row_number() over (order by p.ordinal, p.lane, i.at) as place
    from faultline.process p cross join unnest(p.command_ids) with ordinality as i(command_id, at)
    where p.batch_id = $1 and p.ordinal >= $2 and p.ordinal < $3),
  keys as materialized (select array_agg(l.command_id) as ids from listed l)
  select l.command_id, l.place,
    case when l.compared and ${IS_FIRST} then c.payload::text end, case when ${IS_FIRST} then c.result end,
    c.error_message,
    case when ${IS_PLAIN} then ${between(PLAIN_VALUES)}
      else concat(${between(COMMAND_VALUES)}, case when a.attempt is not null then concat('${PART}', ${between(ATTEMPT_VALUES)}) end) end
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
export const MOST_COMPARED = 20_000;

/** Of how many processes of a batch one has its payloads compared. */
export function compareEach({ total_count }: Pick<VerifiedBatch, 'total_count'>): number {
  return Math.ceil(total_count / MOST_COMPARED);
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

function recordOf(text: string): CommandRecord {
  const record = parseCommand(text);
  return record.attempted.length > 1 ? damaged(record) : record;
}

/** Each of the texts is the command and one of its attempts. */
function recordOfMany(texts: readonly string[]): CommandRecord {
  const full = texts.find((text) => text.includes(PART)) ?? '';
  const attempts = texts.map((text) => (text.includes(PART) ? text.slice(text.indexOf(PART) + 1) : PLAIN_ATTEMPT));
  const record = parseCommand([full.slice(0, full.indexOf(PART)), ...attempts].join(PART));
  return record.attempted.length === texts.length ? record : damaged(record);
}

/** A word of an attempt was written by hand so that it reads as more than one attempt. */
function damaged(record: CommandRecord): CommandRecord {
  return { ...record, disagrees: [...record.disagrees, 'attempts'] };
}
