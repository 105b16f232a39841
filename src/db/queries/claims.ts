// Statements on leases: claim, renew, extend, read, expire. Each handles its whole set in one round trip.
// A writing statement names one lane, and takes now() once, in its first CTE (Citus allows it nowhere else).

import type { ClaimedCommand } from '../../model/command.ts';
import type { Queryable, Tx } from '../pool.ts';
import { affected, changed, idSet, many, one } from '../rows.ts';

const delays = new Map<string, number[]>();
const MAX_DELAYS = 1_000;

/** `{50,200}` -> [50, 200]. Cached, because many commands share few policies. */
export function parseDelays(stored: unknown): number[] {
  const text = String(stored);
  let known = delays.get(text);
  if (known === undefined) {
    known = text.slice(1, -1).split(',').map(Number);
    if (delays.size >= MAX_DELAYS) delays.clear();
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

/** The rows `ready` are selected first: `limit` of the commands that are due, with `where` as a further condition. */
const claimText = (limit: string, where = '') => `
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

/** Depends on the domain only, so it is evaluated once per statement. */
const IS_FREE = `and not exists (
      select 1 from faultline.domain d where d.domain = $1 and (d.paused_at is not null or d.max_in_flight is not null))`;

/** The condition on lease_expires_at makes the planner use command_leased. */
const LIMIT_WITHIN_CAP = `(select coalesce((
      select case when d.paused_at is not null then 0 else least($3::int, greatest(0, d.max_in_flight - (
        select count(*) from faultline.command p
        where p.domain = $1 and p.status = 'IN_PROGRESS' and p.lease_expires_at > '-infinity')::int)) end
      from faultline.domain d where d.domain = $1), $3::int))`;

const CLAIM = claimText('$3', IS_FREE);
const CLAIM_WITHIN_CAP = claimText(LIMIT_WITHIN_CAP);

/**
 * Claims up to `limit` ready commands of a domain and lane, by priority, skipping locked rows. Claims none in a domain
 * that is paused or capped. Commits asynchronously: a lost claim is only redelivered, and the fresh claim_id fences its
 * late result.
 */
export function claimReadyCommands(db: Queryable, claim: Claim): Promise<ClaimedCommand[]> {
  return claimBy(db, 'claim_ready_commands', CLAIM, claim);
}

/** Claims in a capped domain, as far as its cap allows. Exact while `lockDomainCap` is held. */
export function claimReadyCommandsWithinCap(tx: Tx, claim: Claim): Promise<ClaimedCommand[]> {
  return claimBy(tx, 'claim_ready_commands_within_cap', CLAIM_WITHIN_CAP, claim);
}

async function claimBy(db: Queryable, name: string, text: string, claim: Claim): Promise<ClaimedCommand[]> {
  const { domain, lane, limit, claim_id, worker_id } = claim;
  const rows = await many<ClaimedCommand>(db, { name, text, values: [domain, lane, limit, claim_id, worker_id] });
  // These are the same for all rows, so the server does not send them.
  for (const row of rows) Object.assign(row, { backoff_ms: parseDelays(row.backoff_ms), domain, lane, claim_id });
  return rows;
}

/** Milliseconds until the next command of a domain is due; null if that is later than `within_ms`. */
export async function readNextDueMs(db: Queryable, domain: string, within_ms: number): Promise<number | null> {
  const row = await one<{ due_ms: number | null }>(db, {
    name: 'read_next_due',
    text: `
select extract(epoch from min(c.available_at) - now())::float8 * 1000 as due_ms
from faultline.command c
where c.domain = $1 and c.status = 'PENDING' and c.available_at < now() + $2::int * interval '1 millisecond'`,
    values: [domain, within_ms],
  });
  return row?.due_ms ?? null;
}

/**
 * The fence. `status || ''` keeps the planner from the partial index command_leased, which it otherwise walks once per
 * line while the table is fresh. `leased` excludes a command marked with a fault that prevents settling: its lease must
 * expire whatever its worker does. Until then it is `held`, because its handler may run under some of those faults.
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

const claimArrays = (claims: readonly HeldClaim[]) => [
  claims.map(({ command_id }) => command_id),
  claims.map(({ claim_id }) => claim_id),
];

/**
 * Renews the leases that still hold and returns their ids. Skips locked rows. Never shortens a lease that was extended.
 */
export function renewLeasesIfHeld(db: Queryable, lane: number, claims: readonly HeldClaim[]) {
  return idSet(db, {
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
    values: [lane, ...claimArrays(claims)],
  });
}

/** Extends a lease that still holds to at least `lease_ms` from now. True if it holds. */
export function extendLeaseIfHeld(db: Queryable, held: HeldClaim & { lane: number }, lease_ms: number) {
  return changed(
    db,
    `with clock as materialized (select now() as at)
     update faultline.command c
     set lease_expires_at = greatest(c.lease_expires_at, clock.at + $4::int * interval '1 millisecond')
     from clock
     where c.command_id = $2 and c.lane = $1::smallint and c.claim_id = $3 and ${FENCE.held}`,
    [held.lane, held.command_id, held.claim_id, lease_ms],
  );
}

/** The claims of a lane that still hold their lease. Locks nothing. */
export function readHeldClaims(db: Queryable, lane: number, claims: readonly HeldClaim[]) {
  return idSet(
    db,
    `select c.command_id
     from unnest($2::uuid[], $3::uuid[]) as i(command_id, claim_id)
       join faultline.command c on c.command_id = i.command_id and c.lane = $1::smallint
     where c.claim_id = i.claim_id and c.status || '' = 'IN_PROGRESS' and c.lease_expires_at > now()`,
    [lane, ...claimArrays(claims)],
  );
}

/**
 * Expires the leases of a worker that is known to be dead, so that they are reaped at once. Returns how many. Skips
 * rows locked by a statement of that worker that is still running: waiting could deadlock, and the row is settled or
 * expires anyway.
 */
export function expireWorkerLeases(db: Queryable, worker_id: string) {
  return affected(
    db,
    `with held as materialized (
       select c.command_id, c.lane from faultline.command c
       where c.status = 'IN_PROGRESS' and c.worker_id = $1 and c.lease_expires_at > now()
       order by c.command_id for update skip locked
     )
     update faultline.command c set lease_expires_at = now()
     from held where c.command_id = held.command_id and c.lane = held.lane`,
    [worker_id],
  );
}
