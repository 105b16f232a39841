// Statements of the operator verbs and of cancelling what was never attempted. Each begins with its guard; the loser changes nothing.

import type { CommandPurpose, CommandStatus, Reply } from '../../model/command.ts';
import { uuidArray } from '../arrays.ts';
import type { Tx } from '../pool.ts';
import { timestampOf } from './read-snapshot.ts';

export interface OperatedCommand {
  command_id: string;
  lane: number;
  domain: string;
  type: string;
  purpose: CommandPurpose;
  status: CommandStatus;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  correlation_id: string | null;
  reply_to: string | null;
  attempts: number;
  max_attempts: number;
  backoff_ms: number[];
  jitter_pct: number;
  lease_ms: number;
  result: unknown;
  error_code: string | null;
  error_message: string | null;
}

/** A command as `OperatedCommand`; `c` is the table. */
export const OPERATED = `c.command_id, c.lane, c.domain, c.type, c.purpose, c.status, c.process_id, c.batch_id, c.step, c.correlation_id,
  c.reply_to, c.attempts, c.max_attempts, c.backoff_ms, c.jitter_pct, c.lease_ms, c.result, c.error_code, c.error_message`;

type Row = OperatedCommand & Record<string, unknown>;

/** Cannot be matched to the index of the queue, which the planner would walk from end to end for one id while it is fresh. */
const PARKED = `c.status || '' = 'IN_TROUBLESHOOTING_QUEUE'`;

/** Commands of one lane that an operator wants to change. */
export interface OperatedSet {
  ids: readonly string[];
  /** Only what was parked by then, in microseconds since 1970. Null: whenever it was. */
  parked_until_us: number | null;
}

/** Every verb has these parameters first; `$3` is no part of its guard unless it is given. */
const guarded = (set: string) => `
with clock as materialized (select now() as at)
update faultline.command c set ${set}
from clock
where c.command_id = any($2::uuid[]) and c.lane = $1::smallint and ${PARKED}
  and ($3::bigint is null or c.parked_at <= ${timestampOf('$3')})
returning ${OPERATED}`;

function operate(tx: Tx, text: string, lane: number, { ids, parked_until_us }: OperatedSet, values: unknown[]) {
  return tx.query<Row>(text, [lane, uuidArray(ids), parked_until_us, ...values]).then(({ rows }) => rows);
}

const RETRY =
  guarded(`status = 'PENDING', attempts_limit = c.attempts + c.max_attempts, interruptions = 0, available_at = clock.at,
  deadline_at = clock.at + c.deadline_ms * interval '1 millisecond', parked_at = null, park_reason = null, error_group = null,
  settled_at = null`);

/**
 * Back to PENDING with a fresh round of attempts, and the whole deadline before them: those that are in the troubleshooting queue.
 * A set of more than one is locked beforehand, in order.
 */
export function retryIfParked(tx: Tx, lane: number, set: OperatedSet): Promise<OperatedCommand[]> {
  return operate(tx, RETRY, lane, set, []);
}

const CANCEL = guarded(
  `status = 'CANCELED', parked_at = null, error_code = $4, error_message = $5, settled_at = clock.at`,
);

/** CANCELED for this cause, those that are in the troubleshooting queue; what they failed with stands on their attempts. */
export function cancelIfParked(
  tx: Tx,
  lane: number,
  set: OperatedSet,
  cause: Pick<Reply, 'error_code' | 'error_message'>,
): Promise<OperatedCommand[]> {
  return operate(tx, CANCEL, lane, set, [cause.error_code, cause.error_message]);
}

const COMPLETE = guarded(
  `status = 'COMPLETED', result = $4, parked_at = null, error_code = null, error_message = null, settled_at = clock.at`,
);

/** COMPLETED with the operator's result, those that are in the troubleshooting queue. */
export function completeIfParked(tx: Tx, lane: number, set: OperatedSet, result: unknown): Promise<OperatedCommand[]> {
  return operate(tx, COMPLETE, lane, set, [result === undefined ? null : JSON.stringify(result)]);
}

/** Commands of one lane as they are, locked in order of id, whatever their status. */
export async function lockCommands(tx: Tx, lane: number, ids: readonly string[]): Promise<OperatedCommand[]> {
  const { rows } = await tx.query<Row>(
    `select ${OPERATED} from faultline.command c where c.command_id = any($2::uuid[]) and c.lane = $1::smallint
     order by c.command_id for no key update`,
    [lane, uuidArray(ids)],
  );
  return rows;
}

/** The command, locked, whatever its status. */
export async function lockCommand(tx: Tx, command_id: string): Promise<OperatedCommand | null> {
  const { rows } = await tx.query<Row>(
    `select ${OPERATED} from faultline.command c where c.command_id = $1 for no key update`,
    [command_id],
  );
  return rows[0] ?? null;
}

/**
 * Locks processes, in order of id, and returns the awaited commands of those that wait for an operator because their own code
 * threw on its reply.
 */
export async function lockAdvanceFailed(
  tx: Tx,
  lane: number,
  process_ids: readonly string[],
  parked_until_us: number | null = null,
): Promise<Set<string>> {
  const { rows } = await tx.query<{ command_id: string }>(
    `with locked as materialized (
       select p.awaiting_command_id, p.status, p.error_code, p.parked_at from faultline.process p
       where p.process_id = any($2::uuid[]) and p.lane = $1::smallint order by p.process_id for no key update
     )
     select l.awaiting_command_id as command_id from locked l
     where l.status = 'WAITING_FOR_TSQ' and l.error_code = 'ADVANCE_FAILED'
       and ($3::bigint is null or l.parked_at <= ${timestampOf('$3')})`,
    [lane, uuidArray(process_ids), parked_until_us],
  );
  return new Set(rows.map((row) => row.command_id));
}

/** PENDING commands that no worker ever took -> CANCELED; those that were taken meanwhile are passed over. */
export async function cancelIfUnattempted(tx: Tx, lane: number, ids: readonly string[]): Promise<OperatedCommand[]> {
  const { rows } = await tx.query<Row>(
    `with untouched as materialized (
       select c.command_id from faultline.command c
       where c.command_id = any($1::uuid[]) and c.lane = $2 and c.status || '' = 'PENDING' and c.attempts = 0
       order by c.command_id for update skip locked
     )
     update faultline.command c
     set status = 'CANCELED', settled_at = now(), error_code = 'BATCH_CANCELED',
       error_message = 'The batch was cancelled before this was attempted.'
     from untouched where c.command_id = untouched.command_id and c.lane = $2
     returning ${OPERATED}`,
    [ids, lane],
  );
  return rows;
}

/** Chunk commands of a batch that were not sent out yet -> CANCELED. */
export async function cancelPendingChunks(tx: Tx, batch_id: string, domain: string): Promise<number> {
  const { rowCount } = await tx.query(
    `update faultline.command c set status = 'CANCELED', settled_at = now(), error_code = 'BATCH_CANCELED'
     where c.domain = $2 and c.status = 'PENDING' and c.purpose = 'chunk' and c.batch_id = $1`,
    [batch_id, domain],
  );
  return rowCount ?? 0;
}
