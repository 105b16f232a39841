// What a verdict asks of rows that tell of the same thing: that they agree. A process with its batch, a command with its process and the
// policy of the batch, an attempt with its command, what stands on a command with its last attempt. Each is named by the column it is about.

import { PRIORITY } from '../../model/command.ts';

/** By column: what must be true of it. */
type Agreements = Readonly<Record<string, string>>;

const ENDED = `('COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED')`;

/** `p` is a process; the rest is what its batch says. */
export const processAgreements = (batch: Record<'process_type' | 'version' | 'domain', string>): Agreements => ({
  process_type: `p.process_type = ${batch.process_type}`,
  version: `p.version = ${batch.version}`,
  domain: `p.domain = ${batch.domain}`,
  completed_at: `p.completed_at is not distinct from case when p.status in ${ENDED} then p.updated_at end`,
  parked_at: `(p.parked_at is null) = (p.status <> 'WAITING_FOR_TSQ')`,
  deadline_at: '(p.deadline_at is null) = (p.deadline_ms is null)',
  on_deadline: '(p.on_deadline is null) = (p.deadline_ms is null)',
});

interface Policy {
  domain: string;
  max_attempts: string;
  backoff_ms: string;
  lease_ms: string;
  jitter_pct: string;
  first_priority: string;
  next_priority: string;
}

/**
 * `c` is a command, `l` what its process says of it, `t` what stands beside it for chaos. The first command of a process has a priority of
 * its own; the policy is the batch's for all of them.
 */
export const commandAgreements = (batch: Policy): Agreements => ({
  batch_id: 'c.batch_id = l.batch_id',
  created_at: 'c.created_at = case when l.at = 1 then l.created_at else c.created_at end',
  domain: `c.domain = ${batch.domain}`,
  priority: `c.priority = case when l.at = 1 then ${batch.first_priority} else ${batch.next_priority} end`,
  max_attempts: `c.max_attempts = ${batch.max_attempts}`,
  backoff_ms: `c.backoff_ms = ${batch.backoff_ms}`,
  lease_ms: `c.lease_ms = ${batch.lease_ms}`,
  jitter_pct: `c.jitter_pct = ${batch.jitter_pct}`,
  correlation_id: 'c.correlation_id = l.process_id',
  reply_to: 'c.reply_to is null',
  deadline_at: `c.deadline_at is not distinct from c.created_at + c.deadline_ms * interval '1 ms'`,
  on_deadline: '(c.on_deadline is null) = (c.deadline_ms is null)',
  claim_id: '(c.claim_id is null) = (c.attempts = 0)',
  parked_at: `c.parked_at is not distinct from case when c.status = 'IN_TROUBLESHOOTING_QUEUE' then c.settled_at end`,
  settled_at: `(c.settled_at is null) = (c.status in ('PENDING', 'IN_PROGRESS'))`,
  result: `(c.result is null or c.status = 'COMPLETED')`,
  error_group: `(c.error_group is null) = (c.status <> 'IN_TROUBLESHOOTING_QUEUE')`,
  chaos_row: `(t.command_id is null or (t.created_at = c.created_at and t.payload ->> 'process_id' = l.process_id::text
    and t.payload ->> 'process_step' = c.step))`,
});

/** `a` is an attempt of `c`; `due_at` is when the one before it said that it was to be tried again. */
export const attemptAgreements = (due_at: string): Agreements => ({
  process_id: 'a.process_id = c.process_id',
  batch_id: 'a.batch_id = c.batch_id',
  purpose: 'a.purpose = c.purpose',
  step: 'a.step is not distinct from c.step',
  started_at: `coalesce(a.started_at >= ${due_at}, true)`,
});

/** `a` is the last attempt of `c`, which no other follows yet. */
export const lastAttemptAgreements = (due_at: string): Agreements => ({
  available_at: `c.available_at = coalesce(${due_at}, c.created_at)`,
  claim_id: 'c.claim_id = a.claim_id',
  worker_id: 'c.worker_id is not distinct from a.worker_id',
  attempt_started_at: 'c.attempt_started_at = a.started_at',
  fault: 'c.fault is not distinct from a.fault',
  error_code: 'c.error_code is not distinct from a.error_code',
  error_message: 'c.error_message is not distinct from a.error_message',
  park_reason: 'c.park_reason is not distinct from a.reason',
  ended_at: '(c.settled_at is null or c.settled_at = a.ended_at)',
});

/** That all of them do. */
export function allOf(agreements: Agreements): string {
  return Object.values(agreements).join(' and ');
}

/** Of `c` and its attempt `a`. */
export const IS_LAST = `a.attempt = c.attempts and c.status <> 'IN_PROGRESS'`;

/**
 * The columns that do not agree, with commas between; null where all do. One by one they are asked only where one is wrong. `where`: for
 * which rows they must hold.
 */
export function disagreements(agreements: Agreements, where?: string): string {
  const all = allOf(agreements);
  const each = Object.entries(agreements).map(
    ([column, must]) => `case when (${must}) is not true then '${column}' end`,
  );
  const otherwise = where === undefined ? '' : `not (${where}) or `;
  return `case when ${otherwise}(${all}) then null else concat_ws(',', ${each.join(', ')}) end`;
}

const DUE_AT = `(select d.retry_at from faultline.attempt d
  where d.command_id = a.command_id and d.attempt = a.attempt - 1 and d.lane = a.lane)`;
const OF_PROCESS = processAgreements({
  process_type: 'b.process_type',
  version: 'b.process_version',
  domain: 'b.domain',
});
const OF_COMMAND = commandAgreements({
  domain: 'b.domain',
  max_attempts: 'b.max_attempts',
  backoff_ms: 'b.backoff_ms',
  lease_ms: 'b.lease_ms',
  jitter_pct: 'b.jitter_pct',
  first_priority: `${PRIORITY.first_step}`,
  next_priority: `${PRIORITY.next_step}`,
});

/** The same as a statement that stands alone, for people who want to look for themselves: `$1` is the batch, a row is what does not agree. */
export const AGREEMENT_TEXT = `
-- Knows nothing of what operators and deadlines did to a command, which the verdict takes into account: that explains what their verbs
-- changed (error_code, error_message, error_group, park_reason, ended_at, available_at, deadline_at, and started_at after a verb).
with listed as (
  select b.*, p.lane, p.process_id, p.created_at as process_created_at, i.command_id, i.at
  from faultline.batch b join faultline.process p on p.batch_id = b.batch_id
    cross join unnest(p.command_ids) with ordinality as i(command_id, at)
  where b.batch_id = $1
)
select o.id, o.detail from (
  select p.process_id::text as id, ${disagreements(OF_PROCESS)} as detail
  from faultline.batch b join faultline.process p on p.batch_id = b.batch_id where b.batch_id = $1
  union all
  select c.command_id::text, ${disagreements(OF_COMMAND)}
  from listed b
    cross join lateral (select b.process_id, b.batch_id, b.process_created_at as created_at, b.at) l
    join faultline.command c on c.command_id = b.command_id and c.lane = b.lane
    left join e2e.test_command t on t.command_id = b.command_id and t.lane = b.lane
  union all
  select c.command_id::text, 'attempt ' || a.attempt || ': ' || nullif(concat_ws(',', ${disagreements(attemptAgreements(DUE_AT))},
    ${disagreements(lastAttemptAgreements(DUE_AT), IS_LAST)}), '')
  from listed b
    join faultline.command c on c.command_id = b.command_id and c.lane = b.lane
    join faultline.attempt a on a.command_id = b.command_id and a.lane = b.lane
) o where o.detail is not null`;
