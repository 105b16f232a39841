// Reading a batch for its verdict: processes with their commands, attempts and chaos rows, slice by slice of ordinals, and what was
// recorded of them. All in the caller's snapshot; every row is reached from its process by key.

import type { CommandPurpose, CommandStatus } from '../../model/command.ts';
import type { ProcessStatus } from '../../model/process.ts';
import { type Queryable, queryArrays, type Tx } from '../pool.ts';

export interface VerifiedBatch {
  batch_id: string;
  kind: string;
  process_type: string | null;
  process_version: number | null;
  status: string;
  total_count: number;
  first_ordinal: number;
  seed: string;
  input: Record<string, unknown>;
  behavior: Record<string, unknown> | null;
  experiment: Record<string, unknown> | null;
  max_attempts: number;
  created_count: number;
  completed_count: number;
  compensated_count: number;
  failed_count: number;
  canceled_count: number;
  waiting_count: number;
  in_troubleshooting_count: number;
  injection_stopped: boolean;
}

export async function readVerifiedBatch(db: Queryable, batch_id: string): Promise<VerifiedBatch | null> {
  const { rows } = await db.query<VerifiedBatch & Record<string, unknown>>(
    `select b.batch_id, b.kind, b.process_type, b.process_version, b.status, b.total_count, b.first_ordinal, b.seed, b.input, b.behavior,
       b.experiment, b.max_attempts, b.created_count, b.completed_count, b.compensated_count, b.failed_count, b.canceled_count,
       b.waiting_count, b.in_troubleshooting_count, b.injection_stopped_at is not null as injection_stopped
     from faultline.batch b where b.batch_id = $1 and b.pruning_at is null`,
    [batch_id],
  );
  return rows[0] ?? null;
}

/** What many processes have in common: one object for all of them. */
export interface ProcessRecord {
  process_type: string;
  version: number;
  status: ProcessStatus;
  current_step: string | null;
  path: readonly string[];
  error_code: string | null;
}

export interface VerifiedProcess {
  process_id: string;
  ordinal: number;
  awaiting_command_id: string | null;
  state: Record<string, unknown>;
  /** How many commands it lists. */
  listed: number;
  record: ProcessRecord;
}

const parseProcess = parseEachOnce((json: string): ProcessRecord => {
  const [process_type, version, status, current_step, path, error_code] = JSON.parse(json);
  return { process_type, version, status, current_step, path, error_code };
});

/** Which processes are read: of a batch, between ordinals. */
export interface VerifiedSlice {
  batch_id: string;
  /** As the batch has it: where it stands beside a command, or in a state, it is not sent once more. */
  behavior: Record<string, unknown> | null;
  from: number;
  to: number;
}

export async function readVerifiedProcesses(
  tx: Tx,
  { batch_id, behavior, from, to }: VerifiedSlice,
): Promise<VerifiedProcess[]> {
  const { rows } = await tx.query<VerifiedProcess & { launched: boolean }>(
    `select p.process_id, p.ordinal, p.awaiting_command_id, cardinality(p.command_ids) as listed,
       case when p.state -> 'behavior' = $4::jsonb then p.state - 'behavior' else p.state end as state,
       coalesce(p.state -> 'behavior' = $4::jsonb, false) as launched,
       json_build_array(p.process_type, p.version, p.status, p.current_step, p.path, p.error_code)::text as record
     from faultline.process p
     where p.batch_id = $1 and p.ordinal >= $2 and p.ordinal < $3 order by p.ordinal, p.lane`,
    [batch_id, from, to, behavior && JSON.stringify(behavior)],
  );
  for (const row of rows) {
    row.record = parseProcess(row.record as unknown as string);
    if (row.launched) row.state.behavior = behavior;
  }
  return rows;
}

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

/** Between the values of a record, and between the attempts of a command: no text of ours holds them, and JSON escapes them. */
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
    suppressed: suppressed ? suppressed.slice(1, -1).split(',').map(Number) : null,
    attempted: attempted.map(parseAttempt),
  };
});

function parseAttempt(text: string): AttemptRecord {
  const [attempt, outcome = '', effect = '', fault, reason, error_code, from_ms, to_ms] = text.split(UNIT);
  return {
    attempt: Number(attempt),
    outcome,
    effect,
    fault: fault || null,
    reason: textOf(reason),
    error_code: textOf(error_code),
    span: from_ms && to_ms ? { from_ms: Number(from_ms), to_ms: Number(to_ms) } : null,
  };
}

/** Of a text that may hold anything, and comes as JSON. */
function textOf(json: string | undefined): string | null {
  return json?.startsWith('"') ? (JSON.parse(json) as string) : null;
}

const AS_LAUNCHED = '=';

/**
 * For the rest of the transaction rows are looked up by key, many keys at a time. A slice is a few thousand rows of tables of millions;
 * the planner, whose statistics may be of an hour ago or of none, walked whole tables once for each slice.
 */
export async function lookUpByKey(tx: Tx): Promise<void> {
  await tx.query(`set local jit = off; set local enable_seqscan = off; set local enable_nestloop = off;
    set local enable_mergejoin = off; set local enable_bitmapscan = off; set local random_page_cost = 0.01;
    set local max_parallel_workers_per_gather = 0`);
}

const between = (values: readonly string[]) => `concat(${values.join(`, '${UNIT}', `)})`;
const ms = (column: string) =>
  `case when a.fault is null and a.outcome in ('transient', 'permanent') then (extract(epoch from ${column}) * 1000)::bigint end`;

/**
 * A row for each attempt, and one for a command that has none. The keys of a slice lie side by side in the indexes: a scan for all of them
 * turns few pages, where a look-up for each begins at the root. Text by `concat`: JSON costs PostgreSQL three times as much.
 */
const COMMANDS_OF_SLICE = `
  with listed as materialized (
    select p.ordinal, p.lane, p.process_id, p.batch_id, i.command_id, i.place
    from faultline.process p cross join unnest(p.command_ids) with ordinality as i(command_id, place)
    where p.batch_id = $1 and p.ordinal >= $2 and p.ordinal < $3),
  keys as materialized (select array_agg(l.command_id) as ids from listed l)
  select l.command_id, l.place, c.result, c.error_message,
    ${between([
      ...[
        'c.purpose',
        'to_json(c.type)',
        'to_json(c.step)',
        'c.status',
        'c.attempts',
        'c.attempts_limit',
        'c.max_attempts',
      ],
      ...['to_json(c.error_code)', 'c.annotated', 'c.process_id = l.process_id and c.batch_id = l.batch_id'],
      `case when t.behavior = $4::jsonb -> split_part(c.step, '#', 1) then '${AS_LAUNCHED}' else t.behavior::text end`,
      't.suppressed',
    ])},
    case when a.attempt is not null then ${between([
      ...['a.attempt', 'a.outcome', 'a.effect', 'a.fault', 'to_json(a.reason)', 'to_json(a.error_code)'],
      ...['a.started_at', 'a.ended_at'].map(ms),
    ])} end
  from listed l
    left join (select * from faultline.command where command_id = any((select ids from keys)::uuid[])) c
      on c.command_id = l.command_id and c.lane = l.lane
    left join (select * from e2e.test_command where command_id = any((select ids from keys)::uuid[])) t
      on t.command_id = l.command_id and t.lane = l.lane
    left join (select * from faultline.attempt where command_id = any((select ids from keys)::uuid[])) a
      on a.command_id = l.command_id and a.lane = l.lane
  order by l.ordinal, l.lane, l.place, a.attempt`;

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
  let last: VerifiedCommand | null = null;
  let last_place = 0;
  let text = '';
  for (const [command_id, place, result, error_message, command, attempt] of rows) {
    if (last !== null && last.command_id === command_id && last_place === place) {
      text += PART + attempt;
      last.record = parseCommand(text);
      continue;
    }
    text = attempt === null ? command : command + PART + attempt;
    last = { command_id, result, error_message, record: parseCommand(text) };
    last_place = place;
    commands.push(last);
  }
  return commands;
}

/** Those of `ids`, which may be any text, that are processes of the batch. */
export async function findProcessesOf(tx: Tx, batch_id: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ process_id: string }>(
    'select p.process_id from faultline.process p where p.batch_id = $1 and p.process_id::text = any($2::text[])',
    [batch_id, ids],
  );
  return rows.map(({ process_id }) => process_id);
}

export interface VerifiedEvent {
  type: string;
  command_id: string | null;
  process_id: string | null;
  attempt: number | null;
  details: Record<string, unknown> | null;
}

/** What operators, cancellations, deadlines and the processes' own code did to the batch, in order. Late results are told by command. */
export async function readVerifiedEvents(tx: Tx, batch_id: string): Promise<VerifiedEvent[]> {
  const { rows } = await tx.query<VerifiedEvent & Record<string, unknown>>(
    `select e.type, e.command_id, e.process_id, e.attempt, e.details
     from faultline.event e
     where e.batch_id = $1 and e.type in ('OPERATOR_RETRY', 'OPERATOR_CANCEL', 'OPERATOR_COMPLETE', 'COMMAND_CANCELED', 'DEADLINE_EXCEEDED',
       'ADVANCE_FAILED', 'LATE_RESULT_DISCARDED', 'REPLY_IGNORED')
     order by e.event_id`,
    [batch_id],
  );
  return rows;
}

/**
 * What came between while the batch was open, as spans in ms since 1970: turbulence made for it or for any other, from the deed to the end of a
 * pause, and when the database was away from a process of the service, as that one wrote down when it was back.
 */
export async function readDisturbances(tx: Tx, batch_id: string): Promise<{ from_ms: number; to_ms: number }[]> {
  const { rows } = await tx.query<{ from_ms: number; to_ms: number }>(
    `select (extract(epoch from e.at) * 1000)::bigint - coalesce((e.details ->> 'away_ms')::bigint, 0) as from_ms,
       (extract(epoch from e.at) * 1000)::bigint + coalesce((e.details ->> 'pause_ms')::int, 0) as to_ms
     from faultline.event e, faultline.batch b
     where b.batch_id = $1 and e.type in ('TURBULENCE', 'DATABASE_AWAY')
       and e.at >= b.created_at and e.at <= coalesce(b.completed_at, now())
     order by e.at`,
    [batch_id],
  );
  return rows;
}

/** Versions of the behavior after the one it was launched with. */
export async function readBehaviorVersions(
  tx: Queryable,
  batch_id: string,
): Promise<{ version: number; behavior: Record<string, unknown> | null }[]> {
  const { rows } = await tx.query<{ version: number; behavior: Record<string, unknown> | null }>(
    'select v.version, v.behavior from faultline.batch_behavior v where v.batch_id = $1 order by v.version',
    [batch_id],
  );
  return rows;
}

/** So many different records are kept; then all are forgotten, and the next one is parsed again. */
const MOST_RECORDS = 5_000;

/** Parses each text once: a hundred thousand rows hold a few dozen different ones. What it gives out is shared. */
function parseEachOnce<R>(parse: (text: string) => R): (text: string) => R {
  const records = new Map<string, R>();
  return (text) => {
    const known = records.get(text);
    if (known !== undefined) return known;
    const record = parse(text);
    if (records.size >= MOST_RECORDS) records.clear();
    records.set(text, record);
    return record;
  };
}
