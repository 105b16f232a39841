// Statements that end attempts: settle under a lease, reap after it, and what tells a lost acknowledgement from a late result.
// Every writing statement names one lane, and takes now() once, in its first CTE (Citus allows it nowhere else).

import type { ClaimedCommand, Outcome, Settlement } from '../../model/command.ts';
import { jsonArray, plainArray, uuidArray } from '../arrays.ts';
import { resultJson } from '../json.ts';
import type { Queryable, Tx } from '../pool.ts';
import { CLAIMED_COLUMNS, FENCE, type HeldClaim, parseDelays } from './claims.ts';

/** One line of a settle: what to write for the attempt that `claim_id` fences. */
export interface SettleLine {
  command: ClaimedCommand;
  outcome: Outcome;
  settlement: Settlement;
  /** 1 when the attempt was terminated by no fault of chaos: raises attempts_limit. */
  interrupted: 0 | 1;
  error_group: string | null;
}

const settleText = (fence: string) => `
with clock as materialized (select now() as at),
input as materialized (
  select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::jsonb[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::smallint[])
    as i(command_id, claim_id, outcome, status, effect, delay_ms, reason, result, error_code, error_message, error_group,
      fault, interrupted)
),
settled as (
  update faultline.command c
  set status = i.status, result = i.result, lease_expires_at = null,
    attempts_limit = c.attempts_limit + i.interrupted,
    interruptions = c.interruptions + (i.effect in ('RETRY', 'TSQ'))::int * i.interrupted,
    available_at = case when i.delay_ms is null then c.available_at else clock.at + i.delay_ms * interval '1 millisecond' end,
    error_code = i.error_code, error_message = i.error_message, error_group = i.error_group, fault = coalesce(i.fault, c.fault),
    park_reason = i.reason, parked_at = case when i.effect = 'TSQ' then clock.at end,
    settled_at = case when i.delay_ms is null then clock.at end
  from clock, input i
  where c.command_id = i.command_id and c.lane = $1::smallint and c.claim_id = i.claim_id and ${fence}
  returning c.command_id, c.attempts, c.claim_id, c.worker_id, c.attempt_started_at, clock.at as ended_at, i.outcome, i.effect,
    case when i.delay_ms is not null then c.available_at end as retry_at, i.reason, i.error_code, i.error_message,
    c.fault, c.process_id, c.batch_id, c.purpose, c.step
),
attempted as (
  insert into faultline.attempt (command_id, lane, attempt, claim_id, worker_id, started_at, ended_at, outcome, effect,
    retry_at, reason, error_code, error_message, fault, process_id, batch_id, purpose, step)
  select command_id, $1::smallint, attempts, claim_id, worker_id, attempt_started_at, ended_at, outcome, effect,
    retry_at, reason, error_code, error_message, fault, process_id, batch_id, purpose, step
  from settled
)
select command_id from settled`;

const SETTLE_TEXT = { leased: settleText(FENCE.leased), expired: settleText(FENCE.expired) };

async function settle(
  tx: Tx,
  lane: number,
  lines: readonly SettleLine[],
  fence: 'leased' | 'expired',
): Promise<Set<string>> {
  const { rows } = await tx.query<{ command_id: string }>({
    name: `settle_${fence}`,
    text: SETTLE_TEXT[fence],
    values: [
      lane,
      uuidArray(lines.map((line) => line.command.command_id)),
      uuidArray(lines.map((line) => line.command.claim_id)),
      plainArray(lines.map((line) => line.outcome.kind)),
      plainArray(lines.map((line) => line.settlement.status)),
      plainArray(lines.map((line) => line.settlement.effect)),
      plainArray(lines.map((line) => line.settlement.delay_ms)),
      plainArray(lines.map((line) => line.settlement.reason)),
      jsonArray(lines.map((line) => resultJson(line.outcome.result))),
      lines.map((line) => line.outcome.error_code ?? null),
      lines.map((line) => line.outcome.error_message ?? null),
      lines.map((line) => line.error_group),
      lines.map((line) => line.outcome.fault ?? null),
      plainArray(lines.map((line) => line.interrupted)),
    ],
  });
  return new Set(rows.map((row) => row.command_id));
}

/**
 * Writes the outcomes whose claim still holds its lease; returns the ids it wrote.
 * Lines must come in order of id: keyed plans look rows up, and so lock them, line by line. A pass of its own that locks first
 * would keep that order under any plan, but writes every row once more.
 */
export function settleIfLeased(tx: Tx, lane: number, lines: readonly SettleLine[]): Promise<Set<string>> {
  return settle(tx, lane, lines, 'leased');
}

/** The same for attempts whose lease has run out: reap's. */
export function settleIfExpired(tx: Tx, lane: number, lines: readonly SettleLine[]): Promise<Set<string>> {
  return settle(tx, lane, lines, 'expired');
}

export interface ExpiredCommand extends ClaimedCommand {
  fault: string | null;
  interruptions: number;
}

/** Locks commands whose lease has run out, passing over those that somebody is settling, and those named. */
export async function lockExpiredCommands(
  tx: Tx,
  lane: number,
  limit: number,
  except: readonly string[] = [],
): Promise<ExpiredCommand[]> {
  return readExpired(tx, 'lock_expired_commands', 'c.command_id <> all($3::uuid[])', [lane, limit, uuidArray(except)]);
}

/** The same of commands that are named. */
export async function lockExpiredAmong(
  tx: Tx,
  lane: number,
  command_ids: readonly string[],
): Promise<ExpiredCommand[]> {
  const values = [lane, command_ids.length, uuidArray(command_ids)];
  return readExpired(tx, 'lock_expired_among', 'c.command_id = any($3::uuid[])', values);
}

async function readExpired(tx: Tx, name: string, which: string, values: unknown[]): Promise<ExpiredCommand[]> {
  const { rows } = await tx.query<ExpiredCommand & Record<string, unknown>>({
    name,
    text: `
select ${CLAIMED_COLUMNS}, c.domain, c.lane, c.claim_id, c.fault, c.interruptions
from faultline.command c
where c.status = 'IN_PROGRESS' and c.lease_expires_at <= now() and c.lane = $1::smallint and ${which}
order by c.command_id
limit $2
for update skip locked`,
    values,
  });
  for (const row of rows) row.backoff_ms = parseDelays(row.backoff_ms);
  return rows;
}

/**
 * Which of these claims of a lane were answered before, so that a broken commit had taken effect after all:
 * an attempt row of that very claim, unless reap or a cut wrote it, means settled; LATE_RESULT_DISCARDED means refused and said so.
 */
export async function readAnsweredClaims(
  db: Queryable,
  lane: number,
  claims: readonly (HeldClaim & { attempts: number })[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ command_id: string }>(
    `with input as materialized (
       select * from unnest($2::uuid[], $3::uuid[], $4::int[]) as i(command_id, claim_id, attempt)
     )
     select i.command_id
     from input i join faultline.attempt a on a.command_id = i.command_id and a.attempt = i.attempt and a.lane = $1::smallint
     where a.claim_id = i.claim_id and a.outcome not in ('lease_expired', 'canceled')
     union all
     select i.command_id
     from input i cross join lateral (
       select 1 from faultline.event e
       where e.command_id = i.command_id and e.lane = $1::smallint and e.type = 'LATE_RESULT_DISCARDED'
         and e.details ->> 'claim_id' = i.claim_id::text
       limit 1) as told`,
    [
      lane,
      uuidArray(claims.map((claim) => claim.command_id)),
      uuidArray(claims.map((claim) => claim.claim_id)),
      plainArray(claims.map((claim) => claim.attempts)),
    ],
  );
  return new Set(rows.map((row) => row.command_id));
}

/** How often each command was given back for want of a handler since an attempt of it last came to anything else. */
export async function countUnhandled(
  db: Queryable,
  lane: number,
  command_ids: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ command_id: string; met: number }>(
    `select i.command_id, count(*) filter (where a.error_code = 'NO_HANDLER' and a.attempt > l.attempt) as met
     from unnest($2::uuid[]) as i(command_id)
       cross join lateral (
         select coalesce(max(b.attempt), 0) as attempt from faultline.attempt b
         where b.command_id = i.command_id and b.lane = $1::smallint and b.effect <> 'RELEASED') as l
       join faultline.attempt a on a.command_id = i.command_id and a.lane = $1::smallint
     group by i.command_id`,
    [lane, uuidArray(command_ids)],
  );
  return new Map(rows.map((row) => [row.command_id, row.met]));
}
