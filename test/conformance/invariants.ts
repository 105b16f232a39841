// What must be true of a database at rest, whatever was done to those who worked on it: of all commands, processes and replies,
// and of the effects that were made outside of the bus. What is true of each batch is in test/end/story.ts.

import type { Pool } from '../../src/db/pool.ts';
import { failedChecks, findViolations, type Violation } from '../end/story.ts';

/** How often each attempt made its effect; handlers write here. */
export const EFFECT_TABLE = `create table effect (command_id uuid, attempt int, times int not null, primary key (command_id, attempt))`;

/** Each answers one row per violation, with an id to look at. */
const RULES: Record<string, string> = {
  'nothing is left to be done': `
    select c.command_id::text as id from faultline.command c where c.status in ('PENDING', 'IN_PROGRESS')`,
  'attempts are numbered from 1 without holes': `
    select c.command_id::text as id from faultline.command c left join faultline.attempt a using (command_id, lane)
    group by c.command_id, c.lane
    having count(a.attempt) <> min(c.attempts) or coalesce(max(a.attempt), 0) <> min(c.attempts)
      or min(a.attempt) <> 1`,
  'each attempt is under a claim of its own': `
    select a.command_id::text as id from faultline.attempt a
    group by a.command_id having count(distinct a.claim_id) <> count(*)`,
  'one attempt at a time has a lease': `
    select a.command_id::text as id from faultline.attempt a
      join faultline.attempt b on b.command_id = a.command_id and b.attempt = a.attempt + 1
    where b.started_at < a.ended_at or a.ended_at < a.started_at`,
  'what has ended was ended once: by an attempt, by an operator, by being cancelled or by a deadline': `
    select c.command_id::text as id from faultline.command c
    where c.status in ('COMPLETED', 'FAILED', 'CANCELED') and 1 <>
      (select count(*) from faultline.attempt a
        where a.command_id = c.command_id and a.effect in ('COMPLETED', 'FAILED', 'CANCELED')) +
      (select count(*) from faultline.event e where e.command_id = c.command_id and not coalesce(e.details ? 'redriven', false)
        and (e.type in ('OPERATOR_COMPLETE', 'COMMAND_CANCELED')
          or (e.type = 'OPERATOR_CANCEL' or e.type = 'DEADLINE_EXCEEDED' and e.details ->> 'action' <> 'tsq') and not exists (
          select 1 from faultline.attempt a where a.command_id = c.command_id and a.outcome = 'canceled')))`,
  'what an attempt ended is as that attempt says, and no attempt follows': `
    select c.command_id::text as id from faultline.command c join faultline.attempt a using (command_id, lane)
    where a.effect in ('COMPLETED', 'FAILED', 'CANCELED') and (a.effect <> c.status or a.attempt <> c.attempts)`,
  'a command that ended holds no lease, and says when it ended': `
    select c.command_id::text as id from faultline.command c
    where c.status in ('COMPLETED', 'FAILED', 'CANCELED', 'IN_TROUBLESHOOTING_QUEUE')
      and (c.lease_expires_at is not null or c.settled_at is null)`,
  'a command in the troubleshooting queue says since when and why; any other does not': `
    select c.command_id::text as id from faultline.command c
    where (c.status = 'IN_TROUBLESHOOTING_QUEUE') is distinct from (c.parked_at is not null)`,
  'a process that waits for an operator says since when; any other does not': `
    select p.process_id::text as id from faultline.process p
    where (p.status = 'WAITING_FOR_TSQ') is distinct from (p.parked_at is not null)`,
  'each reply that was asked for is there once, and none before its command has ended': `
    select c.command_id::text as id from faultline.command c
    where c.reply_to is not null and (c.status in ('COMPLETED', 'FAILED', 'CANCELED'))::int <>
      (select count(*) from faultline.reply r where r.command_id = c.command_id and r.queue = c.reply_to)`,
  'no reply that no one asked for': `
    select r.reply_id::text as id from faultline.reply r left join faultline.command c using (command_id)
    where r.command_id is not null and c.reply_to is distinct from r.queue`,
  'no process awaits what has been settled': `
    select p.process_id::text as id from faultline.process p join faultline.command c on c.command_id = p.awaiting_command_id
    where c.status in ('COMPLETED', 'FAILED', 'CANCELED') and p.error_code is distinct from 'ADVANCE_FAILED'`,
  'a process has the commands it lists, and no others': `
    select p.process_id::text as id from faultline.process p
    where (select array_agg(c.command_id order by c.command_id) from faultline.command c where c.process_id = p.process_id)
      is distinct from (select array_agg(i order by i) from unnest(p.command_ids) i)`,
  'an effect of each success, and made once': `
    select a.command_id::text as id from faultline.attempt a left join effect e using (command_id, attempt)
    where a.outcome = 'success' and a.purpose in ('step', 'compensation', 'standalone') and e.times is distinct from 1`,
  'every other effect is of an attempt that was terminated, or that a rule refused afterwards': `
    select e.command_id::text as id from effect e left join faultline.attempt a using (command_id, attempt)
    where e.times <> 1 or a.outcome is null or a.outcome not in ('success', 'lease_expired', 'released', 'canceled', 'business_rule')`,
  'no effect for good of a process that ended without it: each was undone after it was made': `
    select p.process_id::text as id from faultline.process p join faultline.command c using (process_id)
    where p.status in ('COMPENSATED', 'FAILED', 'CANCELED') and not p.keep_effects and c.purpose = 'step'
      and exists (select 1 from effect e where e.command_id = c.command_id)
      and not exists (select 1 from faultline.command u where u.process_id = p.process_id and u.purpose = 'compensation'
        and u.step = c.step and u.status = 'COMPLETED')`,
  'chaos stands beside each command that was announced to it': `
    select c.command_id::text as id from faultline.command c left join e2e.test_command t using (command_id)
    where c.annotated <> (t.command_id is not null)`,
};

/** All that is wrong: of each batch, then of everything together. */
export async function findAllViolations(pool: Pool): Promise<Violation[]> {
  const violations: Violation[] = [];
  const batches = await pool.query<{ batch_id: string; process_type: string }>(
    `select batch_id, process_type from faultline.batch where kind = 'process'`,
  );
  for (const { batch_id, process_type } of batches.rows)
    for (const violation of await findViolations(pool, batch_id))
      violations.push({ ...violation, rule: `${process_type}: ${violation.rule}` });
  for (const { batch_id, process_type } of batches.rows)
    for (const rule of await failedChecks(pool, batch_id))
      violations.push({ rule: `${process_type}: verdict, ${rule}`, count: 1, example: batch_id });
  for (const [rule, text] of Object.entries(RULES)) {
    const { rows } = await pool.query<{ id: string }>(text);
    if (rows.length > 0) violations.push({ rule, count: rows.length, example: rows[0]?.id ?? '' });
  }
  return violations;
}
