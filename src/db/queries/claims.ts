// Statements on leases: claim, renew, look, expire. Each handles its whole set in one round trip.
// Every writing statement names one lane, and takes now() once, in its first CTE (Citus allows it nowhere else).

import type { ClaimedCommand } from '../../model/command.ts';
import type { Queryable, Tx } from '../pool.ts';

const delays = new Map<string, number[]>();

/** `{50,200}` -> [50, 200]. There are few policies and many commands, so each is read once. */
export function parseDelays(stored: unknown): number[] {
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

export const CLAIMED_COLUMNS = `c.command_id, c.type, c.purpose, c.payload, c.attempts, c.attempts_limit, c.max_attempts,
  c.backoff_ms::text as backoff_ms, c.jitter_pct, c.lease_ms, c.process_id, c.batch_id, c.step, c.correlation_id, c.reply_to, c.annotated`;

export interface Claim {
  domain: string;
  lane: number;
  limit: number;
  claim_id: string;
  worker_id: string;
}

const claimText = (where: string, limit: string) => `
with clock as materialized (select now() as at, set_config('synchronous_commit', 'off', true) as relaxed),
ready as materialized (
  select r.command_id, r.lane
  from faultline.command r
  where r.domain = $1 and r.lane = $2::smallint and r.status = 'PENDING' and r.available_at <= (select at from clock)
    ${where}
  order by r.priority, r.available_at
  limit ${limit}
  for update skip locked
)
update faultline.command c
set status = 'IN_PROGRESS', attempts = c.attempts + 1, claim_id = $4::uuid, worker_id = $5::uuid,
  attempt_started_at = clock.at, lease_expires_at = clock.at + c.lease_ms * interval '1 millisecond', fault = null
from ready, clock
where c.command_id = ready.command_id and c.lane = $2::smallint
returning ${CLAIMED_COLUMNS}`;

const CLAIM_TEXT = {
  // Looked at once a statement, before anything else: it depends on nothing but the domain.
  free: claimText(
    `and not exists (
      select 1 from faultline.domain d where d.domain = $1 and (d.paused_at is not null or d.max_in_flight is not null))`,
    '$3',
  ),
  capped: claimText(
    '',
    `(select coalesce((
      select case when d.paused_at is not null then 0 else least($3::int, greatest(0, d.max_in_flight - (
        -- The second condition says which index holds nothing but these.
        select count(*) from faultline.command p
        where p.domain = $1 and p.status = 'IN_PROGRESS' and p.lease_expires_at > '-infinity')::int)) end
      from faultline.domain d where d.domain = $1), $3::int))`,
  ),
};

/**
 * Takes at most `limit` ready commands of a domain and lane under a lease, best first, skipping what others are taking.
 * Takes nothing of a domain that is paused or capped.
 * Commits asynchronously: a lost claim is only a redelivery, and the fresh claim_id keeps its late result out.
 */
export function claimReadyCommands(db: Queryable, claim: Claim): Promise<ClaimedCommand[]> {
  return claimBy(db, 'claim_ready_commands', CLAIM_TEXT.free, claim);
}

/** The same where a domain has a cap, and no more than it leaves room for. Exact while `lockDomainCap` is held. */
export function claimReadyCommandsWithinCap(tx: Tx, claim: Claim): Promise<ClaimedCommand[]> {
  return claimBy(tx, 'claim_ready_commands_within_cap', CLAIM_TEXT.capped, claim);
}

async function claimBy(db: Queryable, name: string, text: string, claim: Claim): Promise<ClaimedCommand[]> {
  const { rows } = await db.query<ClaimedCommand & Record<string, unknown>>({
    name,
    text,
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

/**
 * The fence, in its forms. `status || ''` cannot be matched to the partial index command_leased,
 * which the planner otherwise takes on a fresh table and walks once per line. A command marked with a fault that prevents its own
 * settle is nobody's to settle: whatever its worker does meanwhile, its lease runs out. Until then it is held like any other,
 * since under some of those faults a handler works.
 */
export const FENCE = {
  held: `c.status || '' = 'IN_PROGRESS' and c.lease_expires_at > clock.at`,
  leased: `c.status || '' = 'IN_PROGRESS' and c.lease_expires_at > clock.at and c.fault is null`,
  expired: `c.status || '' = 'IN_PROGRESS' and c.lease_expires_at <= clock.at`,
};

export interface HeldClaim {
  command_id: string;
  claim_id: string;
}

/**
 * Renews the leases that still hold; returns the ids renewed. Rows that are locked just now are passed over.
 * Never shortens a lease that was extended.
 */
export async function renewLeasesIfHeld(db: Queryable, lane: number, held: readonly HeldClaim[]): Promise<Set<string>> {
  const { rows } = await db.query<{ command_id: string }>({
    name: 'renew_leases',
    text: `
with clock as materialized (select now() as at),
held as materialized (
  select c.command_id
  from clock, unnest($2::uuid[], $3::uuid[]) as i(command_id, claim_id)
    join faultline.command c on c.command_id = i.command_id and c.lane = $1::smallint
  where c.claim_id = i.claim_id and ${FENCE.held}
  for update of c skip locked
)
update faultline.command c
set lease_expires_at = greatest(c.lease_expires_at, clock.at + c.lease_ms * interval '1 millisecond')
from clock, held
where c.command_id = held.command_id and c.lane = $1::smallint
returning c.command_id`,
    values: [lane, held.map((claim) => claim.command_id), held.map((claim) => claim.claim_id)],
  });
  return new Set(rows.map((row) => row.command_id));
}

/** Moves the end of one lease that still holds to `lease_ms` from now, or leaves it where it is later. True when it holds. */
export async function extendLeaseIfHeld(
  db: Queryable,
  held: HeldClaim & { lane: number },
  lease_ms: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with clock as materialized (select now() as at)
     update faultline.command c
     set lease_expires_at = greatest(c.lease_expires_at, clock.at + $4::int * interval '1 millisecond')
     from clock
     where c.command_id = $2 and c.lane = $1::smallint and c.claim_id = $3 and ${FENCE.held}`,
    [held.lane, held.command_id, held.claim_id, lease_ms],
  );
  return rowCount === 1;
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

/**
 * Ends at once the leases of a worker that is known to be dead, so that reap finds them. Returns how many. What the server still
 * has under way for that worker is passed over: waited for row by row it could be a deadlock, and it settles, or runs out, by itself.
 */
export async function expireWorkerLeases(db: Queryable, worker_id: string): Promise<number> {
  const { rowCount } = await db.query(
    `with held as materialized (
       select c.command_id, c.lane from faultline.command c
       where c.status = 'IN_PROGRESS' and c.worker_id = $1 and c.lease_expires_at > now()
       order by c.command_id for update skip locked
     )
     update faultline.command c set lease_expires_at = now()
     from held where c.command_id = held.command_id and c.lane = held.lane`,
    [worker_id],
  );
  return rowCount ?? 0;
}
