// Conditions between rows that describe the same thing. A bug in the bus could violate each of them: a wrong copy of
// the policy, mixed-up ids, an attempt recorded for another claim, a retry before its delay.

/** By name: a condition on a batch `b`, a process `p`, a command `c` and an attempt `a`. */
type Conditions = Readonly<Record<string, string>>;

export const PROCESS_CONDITIONS: Conditions = {
  definition: '(p.process_type, p.version, p.domain) = (b.process_type, b.process_version, b.domain)',
};

export const COMMAND_CONDITIONS: Conditions = {
  owner: 'c.process_id = p.process_id and c.batch_id = p.batch_id',
  policy: `(c.domain, c.max_attempts, c.backoff_ms, c.lease_ms, c.jitter_pct)
    = (b.domain, b.max_attempts, b.backoff_ms, b.lease_ms, b.jitter_pct)`,
  claim_id: '(c.claim_id is null) = (c.attempts = 0)',
  settled_at: `(c.settled_at is null) = (c.status in ('PENDING', 'IN_PROGRESS'))`,
};

export const ATTEMPT_CONDITIONS: Conditions = {
  owner: `(a.process_id, a.batch_id, a.purpose) = (c.process_id, c.batch_id, c.purpose) and a.step is not distinct from c.step`,
  /** An operator may change the error afterwards. */
  last_attempt: `a.attempt < c.attempts or (a.claim_id = c.claim_id
    and (a.fault, a.error_code) is not distinct from (c.fault, c.error_code))`,
  /** An operator may retry the command earlier. */
  due: `a.attempt = 1 or coalesce(a.started_at >= (select d.retry_at from faultline.attempt d
    where d.command_id = a.command_id and d.attempt = a.attempt - 1 and d.lane = a.lane), true)`,
};

/** The names of the conditions that do not hold, with commas between; empty where all hold. */
export function violated(conditions: Conditions): string {
  const cases = Object.entries(conditions).map(([name, must]) => `case when (${must}) is not true then '${name}' end`);
  return `concat_ws(',', ${cases.join(', ')})`;
}

/** The same as one statement, for people to run: `$1` is the batch, a row is what does not agree. */
export const CONSISTENCY_TEXT = `
-- Does not know what operators did: they may explain last_attempt and due.
select o.id, o.detail from (
  select p.process_id::text as id, ${violated(PROCESS_CONDITIONS)} as detail
  from faultline.batch b join faultline.process p on p.batch_id = b.batch_id where b.batch_id = $1
  union all
  select c.command_id::text, ${violated(COMMAND_CONDITIONS)}
  from faultline.batch b join faultline.process p on p.batch_id = b.batch_id
    join faultline.command c on c.command_id = any(p.command_ids) and c.lane = p.lane where b.batch_id = $1
  union all
  select c.command_id::text, 'attempt ' || a.attempt || ': ' || nullif(${violated(ATTEMPT_CONDITIONS)}, '')
  from faultline.process p join faultline.command c on c.command_id = any(p.command_ids) and c.lane = p.lane
    join faultline.attempt a on a.command_id = c.command_id and a.lane = c.lane where p.batch_id = $1
) o where o.detail <> ''`;
