// Statements on `command` and `attempt`: insert, claim, settle, renew, expire. Each handles its whole set in one round trip.
// Every writing statement names one lane, and takes now() once, in its first CTE (Citus allows it nowhere else).

import type { ClaimedCommand, CommandPurpose, Outcome, Settlement } from '../../model/command.ts';
import { jsonArray, plainArray, uuidArray } from '../arrays.ts';
import { toJson } from '../json.ts';
import type { Queryable, Tx } from '../pool.ts';

export interface NewCommand {
  command_id: string;
  domain: string;
  type: string;
  purpose: CommandPurpose;
  priority: number;
  payload: unknown;
  policy: { max_attempts: number; backoff_ms: readonly number[]; lease_ms: number };
  delay_ms: number;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  correlation_id: string | null;
  reply_to: string | null;
}

/** Inserts a set of commands of one lane; `annotated` are those a hook wrote a row for. A duplicate id is a unique violation (23505). */
export async function insertCommands(
  tx: Tx,
  lane: number,
  commands: readonly NewCommand[],
  annotated: ReadonlySet<string>,
): Promise<void> {
  const column = <K extends keyof NewCommand>(key: K) => commands.map((command) => command[key]);
  await tx.query({
    name: 'insert_commands',
    text: `
with clock as materialized (select now() as at)
insert into faultline.command (command_id, lane, domain, type, purpose, priority, payload, max_attempts, attempts_limit,
  backoff_ms, lease_ms, available_at, process_id, batch_id, step, correlation_id, reply_to, annotated, created_at)
select i.command_id, $1::smallint, i.domain, i.type, i.purpose, i.priority, i.payload, i.max_attempts, i.max_attempts,
  i.backoff_ms::int[], i.lease_ms, clock.at + i.delay_ms * interval '1 millisecond', i.process_id, i.batch_id, i.step,
  i.correlation_id, i.reply_to, i.annotated, clock.at
from clock, unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::jsonb[], $8::smallint[], $9::text[],
  $10::int[], $11::int[], $12::uuid[], $13::uuid[], $14::text[], $15::uuid[], $16::text[], $17::boolean[])
  as i(command_id, domain, type, purpose, priority, payload, max_attempts, backoff_ms, lease_ms, delay_ms, process_id,
    batch_id, step, correlation_id, reply_to, annotated)`,
    values: [
      lane,
      uuidArray(column('command_id')),
      column('domain'),
      column('type'),
      plainArray(column('purpose')),
      plainArray(column('priority')),
      jsonArray(commands.map((command) => toJson(command.payload ?? {}))),
      plainArray(commands.map(({ policy }) => policy.max_attempts)),
      jsonArray(commands.map(({ policy }) => `{${policy.backoff_ms.join(',')}}`)),
      plainArray(commands.map(({ policy }) => policy.lease_ms)),
      plainArray(column('delay_ms')),
      uuidArray(column('process_id')),
      uuidArray(column('batch_id')),
      column('step'),
      uuidArray(column('correlation_id')),
      column('reply_to'),
      plainArray(commands.map(({ command_id }) => annotated.has(command_id))),
    ],
  });
}

const delays = new Map<string, number[]>();

/** `{50,200}` -> [50, 200]. There are few policies and many commands, so each is read once. */
function parseDelays(stored: unknown): number[] {
  const text = String(stored);
  let known = delays.get(text);
  if (known === undefined) {
    known = text.slice(1, -1).split(',').map(Number);
    // A bound, for who gives each command a policy of its own.
    if (delays.size >= 1_000) delays.clear();
    delays.set(text, known);
  }
  return known;
}

const CLAIMED_COLUMNS = `c.command_id, c.type, c.purpose, c.payload, c.attempts, c.attempts_limit, c.max_attempts,
  c.backoff_ms::text as backoff_ms, c.lease_ms, c.process_id, c.batch_id, c.step, c.correlation_id, c.reply_to, c.annotated`;

/**
 * Takes at most `limit` ready commands of a domain and lane under a lease, best first, skipping what others are taking.
 * Commits asynchronously: a lost claim is only a redelivery, and the fresh claim_id keeps its late result out.
 */
export async function claimReadyCommands(
  db: Queryable,
  claim: { domain: string; lane: number; limit: number; claim_id: string; worker_id: string },
): Promise<ClaimedCommand[]> {
  const { rows } = await db.query<ClaimedCommand & Record<string, unknown>>({
    name: 'claim_ready_commands',
    text: `
with clock as materialized (select now() as at, set_config('synchronous_commit', 'off', true) as relaxed),
ready as materialized (
  select r.command_id, r.lane
  from faultline.command r
  where r.domain = $1 and r.lane = $2::smallint and r.status = 'PENDING' and r.available_at <= (select at from clock)
  order by r.priority, r.available_at
  limit $3
  for update skip locked
)
update faultline.command c
set status = 'IN_PROGRESS', attempts = c.attempts + 1, claim_id = $4::uuid, worker_id = $5::uuid,
  attempt_started_at = clock.at, lease_expires_at = clock.at + c.lease_ms * interval '1 millisecond', fault = null
from ready, clock
where c.command_id = ready.command_id and c.lane = $2::smallint
returning ${CLAIMED_COLUMNS}`,
    values: [claim.domain, claim.lane, claim.limit, claim.claim_id, claim.worker_id],
  });
  // The same for all of a claim, so not sent a hundred times over.
  for (const row of rows) {
    row.backoff_ms = parseDelays(row.backoff_ms);
    row.domain = claim.domain;
    row.lane = claim.lane;
    row.claim_id = claim.claim_id;
  }
  return rows;
}

/** Milliseconds until the next command of a domain is due, if that is within `within_ms`; else null. */
export async function readNextDueMs(db: Queryable, domain: string, within_ms: number): Promise<number | null> {
  const { rows } = await db.query<{ due_ms: number | null }>({
    name: 'read_next_due',
    text: `
select extract(epoch from min(c.available_at) - now())::float8 * 1000 as due_ms
from faultline.command c
where c.domain = $1 and c.status = 'PENDING' and c.available_at < now() + $2::int * interval '1 millisecond'`,
    values: [domain, within_ms],
  });
  return rows[0]?.due_ms ?? null;
}

/** One line of a settle: what to write for the attempt that `claim_id` fences. */
export interface SettleLine {
  command: ClaimedCommand;
  outcome: Outcome;
  settlement: Settlement;
  /** 1 when the attempt was cut short by no fault of chaos: raises attempts_limit. */
  interrupted: 0 | 1;
  error_group: string | null;
}

/**
 * The fence, in two forms. `status || ''` cannot be matched to the partial index command_leased,
 * which the planner otherwise takes on a fresh table and walks once per line. A command marked with a fault that prevents its own
 * settle is nobody's to settle or renew: its lease runs out, whatever its worker does meanwhile.
 */
const FENCE = {
  leased: `c.status || '' = 'IN_PROGRESS' and c.lease_expires_at > clock.at and c.fault is null`,
  expired: `c.status || '' = 'IN_PROGRESS' and c.lease_expires_at <= clock.at`,
};

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
      jsonArray(lines.map((line) => toJson(line.outcome.result))),
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

/** Locks commands whose lease has run out, passing over those that somebody is settling. */
export async function lockExpiredCommands(tx: Tx, lane: number, limit: number): Promise<ExpiredCommand[]> {
  const { rows } = await tx.query<ExpiredCommand & Record<string, unknown>>({
    name: 'lock_expired_commands',
    text: `
select ${CLAIMED_COLUMNS}, c.domain, c.lane, c.claim_id, c.fault, c.interruptions
from faultline.command c
where c.status = 'IN_PROGRESS' and c.lease_expires_at <= now() and c.lane = $1::smallint
order by c.command_id
limit $2
for update skip locked`,
    values: [lane, limit],
  });
  for (const row of rows) row.backoff_ms = parseDelays(row.backoff_ms);
  return rows;
}

export interface HeldClaim {
  command_id: string;
  claim_id: string;
}

/** Renews the leases that still hold; returns the ids renewed. Rows that are locked just now are passed over. */
export async function renewLeasesIfHeld(db: Queryable, lane: number, held: readonly HeldClaim[]): Promise<Set<string>> {
  const { rows } = await db.query<{ command_id: string }>({
    name: 'renew_leases',
    text: `
with clock as materialized (select now() as at),
held as materialized (
  select c.command_id
  from clock, unnest($2::uuid[], $3::uuid[]) as i(command_id, claim_id)
    join faultline.command c on c.command_id = i.command_id and c.lane = $1::smallint
  where c.claim_id = i.claim_id and ${FENCE.leased}
  for update of c skip locked
)
update faultline.command c
set lease_expires_at = clock.at + c.lease_ms * interval '1 millisecond'
from clock, held
where c.command_id = held.command_id and c.lane = $1::smallint
returning c.command_id`,
    values: [lane, held.map((claim) => claim.command_id), held.map((claim) => claim.claim_id)],
  });
  return new Set(rows.map((row) => row.command_id));
}

/** Which of these claims of a lane still hold their lease, without touching them. */
export async function readHeldClaims(db: Queryable, lane: number, held: readonly HeldClaim[]): Promise<Set<string>> {
  const { rows } = await db.query<{ command_id: string }>(
    `select c.command_id
     from unnest($2::uuid[], $3::uuid[]) as i(command_id, claim_id)
       join faultline.command c on c.command_id = i.command_id and c.lane = $1::smallint
     where c.claim_id = i.claim_id and c.status || '' = 'IN_PROGRESS' and c.lease_expires_at > now()`,
    [lane, held.map((claim) => claim.command_id), held.map((claim) => claim.claim_id)],
  );
  return new Set(rows.map((row) => row.command_id));
}

/** Ends at once the leases of a worker that is known to be dead, so that reap finds them. Returns how many. */
export async function expireWorkerLeases(db: Queryable, worker_id: string): Promise<number> {
  const { rowCount } = await db.query(
    `update faultline.command set lease_expires_at = now()
     where status = 'IN_PROGRESS' and worker_id = $1 and lease_expires_at > now()`,
    [worker_id],
  );
  return rowCount ?? 0;
}

/**
 * Which of these claims of a lane were answered before, so that a broken commit had taken effect after all:
 * an attempt row of that very claim means settled, LATE_RESULT_DISCARDED means refused and said so.
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
     where a.claim_id = i.claim_id and a.outcome <> 'lease_expired'
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
