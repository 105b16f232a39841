// What a verdict reads of a command and its attempts, as one text: how PostgreSQL writes it, and how it is taken apart.
// Text by `concat`: JSON throughout costs PostgreSQL twice as much. What thousands have in common is one text, parsed once.

import { parseEachOnce } from '../../db/records.ts';
import type { CommandPurpose, CommandStatus } from '../../model/command.ts';
import {
  allOf,
  attemptAgreements,
  commandAgreements,
  disagreements,
  IS_LAST,
  lastAttemptAgreements,
} from './agreement.ts';

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
/** Of a failure that nobody asked for; by hand it may have happened at no moment at all. */
const momentOfFailure = (column: string) =>
  `case when a.fault is null and a.outcome in ('transient', 'permanent') and isfinite(${column})
    then (extract(epoch from ${column}) * 1000)::bigint end`;
const DELAY_MS = `case when a.retry_at is null then null when isfinite(a.retry_at) and isfinite(a.ended_at)
  then (extract(epoch from a.retry_at - a.ended_at) * 1000)::bigint else -1 end`;

const COMMAND = commandAgreements({
  domain: '$5',
  max_attempts: '$6',
  backoff_ms: '$7::int[]',
  lease_ms: '$8',
  jitter_pct: '$9',
  first_priority: '$10::int',
  next_priority: '$11::int',
});
/** When an attempt might begin at the earliest: few are not the first. */
const DUE_AT = `case when a.attempt > 1 then (select b.retry_at from faultline.attempt b
  where b.command_id = l.command_id and b.attempt = a.attempt - 1 and b.lane = l.lane) end`;
const ATTEMPT = attemptAgreements(DUE_AT);
const LAST_ATTEMPT = lastAttemptAgreements(DUE_AT);
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
  ...[DELAY_MS, momentOfFailure('a.started_at'), momentOfFailure('a.ended_at')],
  `concat_ws(',', ${disagreements(ATTEMPT)}, ${disagreements(LAST_ATTEMPT, IS_LAST)})`,
];
const ATTEMPT_UNITS = ATTEMPT_VALUES.length;

/** Nine commands of ten are like this: sent in full, each would cost as much as the one that is not. */
const IS_PLAIN = [
  ...[`c.status = 'COMPLETED'`, 'c.attempts = 1', 'a.attempt = 1', `a.outcome = 'success'`, `a.effect = 'COMPLETED'`],
  ...['a.fault', 'a.reason', 'a.retry_at', 'a.error_code', 'a.error_message'].map((column) => `${column} is null`),
  ...['c.attempts_limit = c.max_attempts', 'c.interruptions = 0', 'c.deadline_ms is null', 't.suppressed is null'],
  'c.process_id = l.process_id',
  `case when t.command_id is null then not c.annotated else c.annotated and t.behavior = ${BEHAVIOR_OF_STEP} end`,
  ...[allOf(COMMAND), allOf(ATTEMPT), allOf(LAST_ATTEMPT)],
].join(' and ');
/** As plainRecord takes it apart. */
const PLAIN_VALUES = ['c.purpose', 'to_json(c.type)', 'to_json(c.step)', 'c.max_attempts', 'c.annotated'];
const PLAIN_UNITS = PLAIN_VALUES.length;
/**
 * A command and one of its attempts, if there is one, as text: `l` is what its process lists, `t` what stands beside it for chaos. `$4` is the
 * behavior of the batch, `$5` to `$11` are its domain, its policy and the priorities of steps.
 */
export const COMMAND_TEXT = `case when ${IS_PLAIN} then ${between(PLAIN_VALUES)}
  else concat(${between(COMMAND_VALUES)}, case when a.attempt is not null then concat('${PART}', ${between(ATTEMPT_VALUES)}) end) end`;

/** The attempt that such a command had, as it would have been sent. */
const PLAIN_ATTEMPT_TEXT = `1${UNIT}success${UNIT}COMPLETED${UNIT.repeat(ATTEMPT_UNITS - 3)}`;
/** One that succeeded at once, with nothing injected. */
export const PLAIN_ATTEMPT = parseAttempt(PLAIN_ATTEMPT_TEXT);
const PLAIN_ATTEMPTS = [PLAIN_ATTEMPT];

/** Of a command that has one attempt, or none. */
export function recordOf(text: string): CommandRecord {
  const record = parseCommand(text);
  return record.attempted.length > 1 ? damaged(record) : record;
}

/** Of a command with several: each of the texts is the command and one of them, in order. */
export function recordOfMany(texts: readonly string[]): CommandRecord {
  const full = texts.find((text) => text.includes(PART)) ?? '';
  const attempts = texts.map((text) => (text.includes(PART) ? text.slice(text.indexOf(PART) + 1) : PLAIN_ATTEMPT_TEXT));
  const record = parseCommand([full.slice(0, full.indexOf(PART)), ...attempts].join(PART));
  return record.attempted.length === texts.length ? record : damaged(record);
}

/** A word of an attempt was written by hand so that it reads as more than one attempt. */
function damaged(record: CommandRecord): CommandRecord {
  return { ...record, disagrees: [...record.disagrees, 'attempts'] };
}
