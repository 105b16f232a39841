// Statements that end attempts: settle under a lease, reap after it, distinguish lost acknowledgements from late
// results.
// A writing statement names one lane, and takes now() once, in its first CTE (Citus allows it nowhere else).

import type { ClaimedCommand, Outcome, Settlement } from '../../model/command.ts';
import { jsonArray, plainArray, uuidArray } from '../arrays.ts';
import { resultJson } from '../json.ts';
import type { Queryable, Tx } from '../pool.ts';
import { idSet, many } from '../rows.ts';
import { CLAIMED_COLUMNS, FENCE, type HeldClaim, parseDelays } from './claims.ts';

/** One line of a settle: the values to write for the attempt that `claim_id` fences. */
export interface SettleLine {
  command: ClaimedCommand;
  outcome: Outcome;
  settlement: Settlement;
  /** 1 if the attempt was interrupted, not by chaos: raises attempts_limit. */
  interrupted: 0 | 1;
  error_group: string | null;
}

/**
 * Writes the outcomes whose claim still holds its lease; returns their ids.
 * Lines must be in order of id: with keyed plans the rows are looked up, and so locked, line by line. A CTE that locks
 * first would keep that order under any plan, but writes every row once more.
 */
export function settleIfLeased(tx: Tx, lane: number, lines: readonly SettleLine[]) {
  return settle(tx, lane, lines, 'settle_leased', FENCE.leased);
}

/** Reaps: writes the outcomes of attempts whose lease has expired; returns their ids. Lines in order of id. */
export function settleIfExpired(tx: Tx, lane: number, lines: readonly SettleLine[]) {
  return settle(tx, lane, lines, 'settle_expired', FENCE.expired);
}

function settle(tx: Tx, lane: number, lines: readonly SettleLine[], name: string, fence: string) {
  const outcomes = lines.map((line) => line.outcome);
  const settlements = lines.map((line) => line.settlement);
  return idSet(tx, {
    name,
    text: `
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
select command_id from settled`,
    values: [
      lane,
      uuidArray(lines.map(({ command }) => command.command_id)),
      uuidArray(lines.map(({ command }) => command.claim_id)),
      plainArray(outcomes.map(({ kind }) => kind)),
      plainArray(settlements.map(({ status }) => status)),
      plainArray(settlements.map(({ effect }) => effect)),
      plainArray(settlements.map(({ delay_ms }) => delay_ms)),
      plainArray(settlements.map(({ reason }) => reason)),
      jsonArray(outcomes.map(({ result }) => resultJson(result))),
      outcomes.map(({ error_code }) => error_code ?? null),
      outcomes.map(({ error_message }) => error_message ?? null),
      lines.map(({ error_group }) => error_group),
      outcomes.map(({ fault }) => fault ?? null),
      plainArray(lines.map(({ interrupted }) => interrupted)),
    ],
  });
}

export interface ExpiredCommand extends ClaimedCommand {
  fault: string | null;
  interruptions: number;
}

/** Locks up to `limit` commands whose lease has expired, except those given. Skips rows that are being settled. */
export function lockExpiredCommands(tx: Tx, lane: number, limit: number, except: readonly string[] = []) {
  return lockExpired(tx, 'lock_expired_commands', 'c.command_id <> all($3::uuid[])', [lane, limit, uuidArray(except)]);
}

/** Locks those of the given commands whose lease has expired. Skips rows that are being settled. */
export function lockExpiredAmong(tx: Tx, lane: number, command_ids: readonly string[]) {
  const values = [lane, command_ids.length, uuidArray(command_ids)];
  return lockExpired(tx, 'lock_expired_among', 'c.command_id = any($3::uuid[])', values);
}

async function lockExpired(tx: Tx, name: string, which: string, values: unknown[]): Promise<ExpiredCommand[]> {
  const text = `
select ${CLAIMED_COLUMNS}, c.domain, c.lane, c.claim_id, c.fault, c.interruptions
from faultline.command c
where c.status = 'IN_PROGRESS' and c.lease_expires_at <= now() and c.lane = $1::smallint and ${which}
order by c.command_id
limit $2
for update skip locked`;
  const rows = await many<ExpiredCommand>(tx, { name, text, values });
  for (const row of rows) row.backoff_ms = parseDelays(row.backoff_ms);
  return rows;
}

/**
 * The claims of a lane that were answered before, although the commit seemed to fail: an attempt row of that claim
 * which neither the reaper nor a termination wrote means settled; LATE_RESULT_DISCARDED means rejected.
 */
export function readAnsweredClaims(db: Queryable, lane: number, claims: readonly (HeldClaim & { attempts: number })[]) {
  return idSet(
    db,
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
       limit 1) as rejected`,
    [
      lane,
      uuidArray(claims.map(({ command_id }) => command_id)),
      uuidArray(claims.map(({ claim_id }) => claim_id)),
      plainArray(claims.map(({ attempts }) => attempts)),
    ],
  );
}

/** How often each command was released because it had no handler since its last attempt with another outcome. */
export async function countUnhandled(
  db: Queryable,
  lane: number,
  command_ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await many<{ command_id: string; count: number }>(
    db,
    `select i.command_id, count(*) filter (where a.error_code = 'NO_HANDLER' and a.attempt > l.attempt) as count
     from unnest($2::uuid[]) as i(command_id)
       cross join lateral (
         select coalesce(max(b.attempt), 0) as attempt from faultline.attempt b
         where b.command_id = i.command_id and b.lane = $1::smallint and b.effect <> 'RELEASED') as l
       join faultline.attempt a on a.command_id = i.command_id and a.lane = $1::smallint
     group by i.command_id`,
    [lane, uuidArray(command_ids)],
  );
  return new Map(rows.map((row) => [row.command_id, row.count]));
}
