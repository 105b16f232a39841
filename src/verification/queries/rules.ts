// The checks of a verdict that are SQL statements. The statements are shown beside the result, and people can run them:
// `$1` is the batch, and each row is a violation.

import type { Tx } from '../../db/pool.ts';

export const RULE_TEXT = {
  conservation: `
with counted as (
  select count(*) as created, count(distinct p.ordinal) as ordinals, min(p.ordinal) as first, max(p.ordinal) as last,
    count(*) filter (where p.status = 'COMPLETED') as completed, count(*) filter (where p.status = 'COMPENSATED') as compensated,
    count(*) filter (where p.status = 'FAILED') as failed, count(*) filter (where p.status = 'CANCELED') as canceled,
    count(*) filter (where p.status in ('WAITING_FOR_REPLY', 'COMPENSATING')) as waiting,
    count(*) filter (where p.status = 'WAITING_FOR_TSQ') as parked
  from faultline.process p where p.batch_id = $1
)
select b.batch_id::text as id,
  concat_ws(', ', b.status, c.created || ' processes of ' || b.total_count, c.ordinals || ' ordinals from ' || c.first || ' to ' || c.last,
    'completed ' || c.completed || ' (counted ' || b.completed_count || ')', 'compensated ' || c.compensated || ' (' || b.compensated_count || ')',
    'failed ' || c.failed || ' (' || b.failed_count || ')', 'canceled ' || c.canceled || ' (' || b.canceled_count || ')',
    'in troubleshooting ' || c.parked || ' (' || b.in_troubleshooting_count || ')') as detail
from faultline.batch b cross join counted c
where b.batch_id = $1 and (c.created > b.total_count or c.ordinals <> c.created
  or (c.created > 0 and (c.first < b.first_ordinal or c.last >= b.first_ordinal + b.total_count))
  or (b.status in ('AT_REST', 'COMPLETED', 'COMPLETED_WITH_FAILURES') and b.cancel_requested_at is null and c.created <> b.total_count)
  or case b.status when 'AT_REST' then c.waiting > 0 or c.parked = 0 when 'COMPLETED' then c.completed <> b.total_count
    when 'COMPLETED_WITH_FAILURES' then c.waiting + c.parked > 0 or c.completed = b.total_count
    when 'CANCELED' then c.waiting + c.parked > 0 end
  or (b.status in ('AT_REST', 'COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')
    and (b.created_count, b.completed_count, b.compensated_count, b.failed_count, b.canceled_count, b.waiting_count,
      b.in_troubleshooting_count) is distinct from
      (c.created, c.completed, c.compensated, c.failed, c.canceled, c.waiting, c.parked)))`,
  /** Except where the process's own code threw on the reply, or the reply is kept for another service. */
  no_settled_awaited: `
select p.process_id::text as id, p.status || ' awaits ' || coalesce(c.type || ', which is ' || c.status, 'a command that is not there') as detail
from faultline.process p left join lateral (
  select c.command_id, c.type, c.status from faultline.command c where c.command_id = p.awaiting_command_id and c.lane = p.lane
  offset 0 -- keeps the planner from reading all commands
) c on true
where p.batch_id = $1 and case
  when p.status in ('COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED') then p.awaiting_command_id is not null
  when p.error_code = 'ADVANCE_FAILED' and p.status = 'WAITING_FOR_TSQ' then c.status is null
  else c.status is null or (c.status in ('COMPLETED', 'FAILED', 'CANCELED') and not exists (
    select 1 from faultline.reply r where r.command_id = c.command_id and r.process_id = p.process_id)) end
order by p.ordinal`,
  /** Also finds commands that no process lists. */
  one_command_per_step: `
select c.process_id::text as id, count(*) || ' commands for ' || c.step as detail
from faultline.command c
where c.batch_id = $1 and c.purpose = 'step'
group by c.process_id, c.step having count(*) > 1
union all
select c.command_id::text, 'a ' || c.purpose || ' of ' || c.step || ' that its process does not list'
from faultline.command c left join faultline.process p on p.process_id = c.process_id and p.lane = c.lane
where c.batch_id = $1 and c.purpose in ('step', 'compensation')
  and (p.process_id is null or p.batch_id is distinct from $1 or not c.command_id = any(p.command_ids))`,
} as const;
export type SqlRule = keyof typeof RULE_TEXT;

/** The smallest id that can be made at a moment: ids begin with the milliseconds since 1970. */
const idAt = (moment: string) =>
  `(lpad(to_hex((extract(epoch from ${moment}) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid`;

/**
 * Commands whose ids were made during the batch, plus or minus an hour for clocks that differ. There is no index of
 * commands by batch, and the light checks run every few seconds, so they must not read the commands of years.
 */
const IN_ITS_TIME = `c.command_id >= (select ${idAt("b.created_at - interval '1 hour'")} from faultline.batch b where b.batch_id = $1)
  and c.command_id < (select ${idAt("coalesce(b.completed_at, now()) + interval '1 hour'")} from faultline.batch b where b.batch_id = $1)`;

/** The statements of the light checks. */
export const LIGHT_TEXT = {
  ...RULE_TEXT,
  one_command_per_step: RULE_TEXT.one_command_per_step.replaceAll(
    'where c.batch_id = $1',
    `where c.batch_id = $1 and ${IN_ITS_TIME}`,
  ),
} as const satisfies Record<SqlRule, string>;

/** @param light considers only commands whose ids were made during the batch; otherwise every command may be read */
export async function findRuleViolations(
  tx: Tx,
  rule: SqlRule,
  batch_id: string,
  { light = false } = {},
): Promise<{ id: string; detail: string }[]> {
  const { rows } = await tx.query<{ id: string; detail: string }>((light ? LIGHT_TEXT : RULE_TEXT)[rule], [batch_id]);
  return rows;
}
