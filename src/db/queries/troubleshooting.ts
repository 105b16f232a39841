// Statements of the operator verbs, and of cancelling commands that were never attempted. Each begins with its guard.

import type { CommandPurpose, CommandStatus, Reply } from '../../model/command.ts';
import { uuidArray } from '../arrays.ts';
import type { Tx } from '../pool.ts';
import { affected, idSet, many, one } from '../rows.ts';
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

/**
 * Keeps the planner from the index of the queue, which it walks from end to end for one id while the table is fresh.
 */
const PARKED = `c.status || '' = 'IN_TROUBLESHOOTING_QUEUE'`;

/** Commands of one lane that an operator wants to change. */
export interface OperatedSet {
  ids: readonly string[];
  /** Selects only commands parked until this time, in microseconds since 1970. Null: all. */
  parked_until_us: number | null;
}

/**
 * Updates those of the commands that are in the troubleshooting queue, and returns them. The parameters of `set` begin
 * at $4.
 */
function updateParked(
  tx: Tx,
  lane: number,
  { ids, parked_until_us }: OperatedSet,
  set: string,
  values: unknown[] = [],
) {
  return many<OperatedCommand>(
    tx,
    `with clock as materialized (select now() as at)
     update faultline.command c set parked_at = null, ${set}
     from clock
     where c.command_id = any($2::uuid[]) and c.lane = $1::smallint and ${PARKED}
       and ($3::bigint is null or c.parked_at <= ${timestampOf('$3')})
     returning ${OPERATED}`,
    [lane, uuidArray(ids), parked_until_us, ...values],
  );
}

/**
 * Back to PENDING with a fresh round of attempts and a new deadline. Lock a set of more than one beforehand, in order.
 */
export function retryIfParked(tx: Tx, lane: number, set: OperatedSet) {
  return updateParked(
    tx,
    lane,
    set,
    `status = 'PENDING', attempts_limit = c.attempts + c.max_attempts, interruptions = 0, available_at = clock.at,
       deadline_at = clock.at + c.deadline_ms * interval '1 millisecond', park_reason = null, error_group = null, settled_at = null`,
  );
}

/** CANCELED for this cause. The error of the last attempt stays on its attempt. */
export function cancelIfParked(
  tx: Tx,
  lane: number,
  set: OperatedSet,
  { error_code, error_message }: Pick<Reply, 'error_code' | 'error_message'>,
) {
  const assignments = `status = 'CANCELED', error_code = $4, error_message = $5, settled_at = clock.at`;
  return updateParked(tx, lane, set, assignments, [error_code, error_message]);
}

/** COMPLETED with the operator's result. */
export function completeIfParked(tx: Tx, lane: number, set: OperatedSet, result: unknown) {
  const assignments = `status = 'COMPLETED', result = $4, error_code = null, error_message = null, settled_at = clock.at`;
  return updateParked(tx, lane, set, assignments, [result === undefined ? null : JSON.stringify(result)]);
}

/** Locks commands of one lane in order of id, in any status. */
export function lockCommands(tx: Tx, lane: number, ids: readonly string[]) {
  return many<OperatedCommand>(
    tx,
    `select ${OPERATED} from faultline.command c where c.command_id = any($2::uuid[]) and c.lane = $1::smallint
     order by c.command_id for no key update`,
    [lane, uuidArray(ids)],
  );
}

/** Locks a command in any status. */
export function lockCommand(tx: Tx, command_id: string) {
  return one<OperatedCommand>(
    tx,
    `select ${OPERATED} from faultline.command c where c.command_id = $1 for no key update`,
    [command_id],
  );
}

/**
 * Locks processes in order of id; returns the awaited commands of those that wait for an operator because their
 * definition threw.
 */
export function lockAdvanceFailed(
  tx: Tx,
  lane: number,
  process_ids: readonly string[],
  parked_until_us: number | null = null,
) {
  return idSet(
    tx,
    `with locked as materialized (
       select p.awaiting_command_id, p.status, p.error_code, p.parked_at from faultline.process p
       where p.process_id = any($2::uuid[]) and p.lane = $1::smallint order by p.process_id for no key update
     )
     select l.awaiting_command_id as command_id from locked l
     where l.status = 'WAITING_FOR_TSQ' and l.error_code = 'ADVANCE_FAILED'
       and ($3::bigint is null or l.parked_at <= ${timestampOf('$3')})`,
    [lane, uuidArray(process_ids), parked_until_us],
  );
}

/** PENDING commands that were never claimed -> CANCELED. Skips those that are being claimed. */
export function cancelIfUnattempted(tx: Tx, lane: number, ids: readonly string[]) {
  return many<OperatedCommand>(
    tx,
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
}

/** PENDING chunk commands of a batch -> CANCELED. */
export function cancelPendingChunks(tx: Tx, batch_id: string, domain: string) {
  return affected(
    tx,
    `update faultline.command c set status = 'CANCELED', settled_at = now(), error_code = 'BATCH_CANCELED'
     where c.domain = $2 and c.status = 'PENDING' and c.purpose = 'chunk' and c.batch_id = $1`,
    [batch_id, domain],
  );
}
