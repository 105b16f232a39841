// Statements of the operator verbs and of cancelling what was never attempted. Each begins with its guard; the loser changes nothing.

import type { CommandPurpose, CommandStatus, Reply } from '../../model/command.ts';
import type { Queryable, Tx } from '../pool.ts';

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

/** Back to PENDING with a fresh round of attempts, and its whole deadline before it. Null when it was not in the troubleshooting queue. */
export async function retryIfParked(tx: Tx, lane: number, command_id: string): Promise<OperatedCommand | null> {
  const { rows } = await tx.query<Row>(
    `update faultline.command c
     set status = 'PENDING', attempts_limit = c.attempts + c.max_attempts, interruptions = 0, available_at = now(),
       deadline_at = now() + c.deadline_ms * interval '1 millisecond', parked_at = null, park_reason = null, error_group = null, settled_at = null
     where c.command_id = $1 and c.lane = $2 and ${PARKED}
     returning ${OPERATED}`,
    [command_id, lane],
  );
  return rows[0] ?? null;
}

/** CANCELED for this cause; what it failed with stands on its attempts. Null when it was not in the troubleshooting queue. */
export async function cancelIfParked(
  tx: Tx,
  lane: number,
  command_id: string,
  cause: Pick<Reply, 'error_code' | 'error_message'>,
): Promise<OperatedCommand | null> {
  const { rows } = await tx.query<Row>(
    `update faultline.command c
     set status = 'CANCELED', parked_at = null, error_code = $3, error_message = $4, settled_at = now()
     where c.command_id = $1 and c.lane = $2 and ${PARKED}
     returning ${OPERATED}`,
    [command_id, lane, cause.error_code, cause.error_message],
  );
  return rows[0] ?? null;
}

/** COMPLETED with the operator's result. Null when it was not in the troubleshooting queue. */
export async function completeIfParked(
  tx: Tx,
  lane: number,
  command_id: string,
  result: unknown,
): Promise<OperatedCommand | null> {
  const { rows } = await tx.query<Row>(
    `update faultline.command c
     set status = 'COMPLETED', result = $3, parked_at = null, error_code = null, error_message = null, settled_at = now()
     where c.command_id = $1 and c.lane = $2 and ${PARKED}
     returning ${OPERATED}`,
    [command_id, lane, result === undefined ? null : JSON.stringify(result)],
  );
  return rows[0] ?? null;
}

/** The command, locked, whatever its status. */
export async function lockCommand(tx: Tx, command_id: string): Promise<OperatedCommand | null> {
  const { rows } = await tx.query<Row>(
    `select ${OPERATED} from faultline.command c where c.command_id = $1 for no key update`,
    [command_id],
  );
  return rows[0] ?? null;
}

/** Is a process waiting for an operator because its own code threw on the reply of this command? Locks the process. */
export async function lockAdvanceFailed(
  tx: Tx,
  lane: number,
  process_id: string,
  command_id: string,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `select 1 from faultline.process p
     where p.process_id = $1 and p.lane = $2 and p.awaiting_command_id = $3
       and p.status = 'WAITING_FOR_TSQ' and p.error_code = 'ADVANCE_FAILED'
     for no key update`,
    [process_id, lane, command_id],
  );
  return rowCount === 1;
}

export async function readCommandStatus(db: Queryable, command_id: string): Promise<CommandStatus | null> {
  const { rows } = await db.query<{ status: CommandStatus }>(
    'select c.status from faultline.command c where c.command_id = $1',
    [command_id],
  );
  return rows[0]?.status ?? null;
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
