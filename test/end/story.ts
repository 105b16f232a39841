// What must be true of every batch that came to its end or to rest, whatever was done to its workers and its database:
// nothing lost, nothing doubled, every attempt accounted for, every process with one story. Asks the rows, not the code.

import type { Pool } from '../../src/db/pool.ts';
import type { AnyProcessDefinition } from '../../src/process/define.ts';
import { bindDefinition, planOf } from '../../src/verification/process-plan.ts';
import { verifyBatch } from '../../src/verification/verify.ts';

export interface Violation {
  rule: string;
  count: number;
  example: string;
}

/**
 * The commands of process `p` in the order in which it sent them, each step and each compensation once: a compensation sent
 * again, for an effect that came too late, is not awaited by its process and has no place in the order.
 */
const SENT = `(
  select c.*, i.position from unnest(p.command_ids) with ordinality i(command_id, position)
    join faultline.command c on c.command_id = i.command_id
  where not exists (select 1 from unnest(p.command_ids) with ordinality e(command_id, position)
    join faultline.command earlier on earlier.command_id = e.command_id
    where e.position < i.position and earlier.purpose = c.purpose and earlier.step = c.step))`;

/** Each answers one row per violation, with an id to look at. `$1` is the batch. */
const RULES: Record<string, string> = {
  'as many processes as were asked for, each ordinal once': `
    select b.batch_id::text as id from faultline.batch b where b.batch_id = $1 and b.status <> 'CANCELED'
      and (select array_agg(p.ordinal order by p.ordinal) from faultline.process p where p.batch_id = b.batch_id)
        is distinct from (select array_agg(n) from generate_series(b.first_ordinal, b.first_ordinal + b.total_count - 1) n)`,
  'the counts of the batch are those of its processes': `
    select b.batch_id::text as id from faultline.batch b
      left join lateral (select count(*) as created, count(*) filter (where p.status = 'COMPLETED') as completed,
        count(*) filter (where p.status = 'COMPENSATED') as compensated, count(*) filter (where p.status = 'FAILED') as failed,
        count(*) filter (where p.status = 'CANCELED') as canceled, count(*) filter (where p.status = 'WAITING_FOR_TSQ') as parked
        from faultline.process p where p.batch_id = b.batch_id) c on true
    where b.batch_id = $1 and (b.created_count, b.completed_count, b.compensated_count, b.failed_count, b.canceled_count,
      b.in_troubleshooting_count, b.waiting_count) is distinct from
      (c.created, c.completed, c.compensated, c.failed, c.canceled, c.parked, 0)`,
  'no command is left to be done': `
    select c.command_id::text as id from faultline.command c
    where c.batch_id = $1 and c.purpose <> 'job' and c.status in ('PENDING', 'IN_PROGRESS')`,
  'attempts are numbered from 1 without holes': `
    select c.command_id::text as id from faultline.command c
      left join faultline.attempt a on a.command_id = c.command_id and a.lane = c.lane
    where c.batch_id = $1 and c.purpose <> 'job'
    group by c.command_id, c.lane
    having count(a.attempt) <> min(c.attempts) or coalesce(max(a.attempt), 0) <> min(c.attempts)`,
  'an attempt under way while another one was: leases do not overlap': `
    select a.command_id::text as id from faultline.attempt a
      join faultline.attempt b on b.command_id = a.command_id and b.attempt = a.attempt + 1
    where a.batch_id = $1 and b.started_at < a.ended_at`,
  'a command settled by its worker has one attempt that says so, and it is the last': `
    select c.command_id::text as id from faultline.command c
      join faultline.attempt a on a.command_id = c.command_id and a.lane = c.lane
    where c.batch_id = $1 and a.effect in ('COMPLETED', 'FAILED')
    group by c.command_id, c.lane
    having count(*) <> 1 or max(a.attempt) <> min(c.attempts) or max(a.effect) <> min(c.status)`,
  'a process that ended awaits nothing; one that did not awaits a command in the troubleshooting queue': `
    select p.process_id::text as id from faultline.process p
      left join faultline.command c on c.command_id = p.awaiting_command_id
    where p.batch_id = $1 and case when p.status in ('COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED')
      then p.awaiting_command_id is not null or p.completed_at is null or p.undo is not null
      else p.status <> 'WAITING_FOR_TSQ' or p.completed_at is not null or c.command_id is null
        or (c.status <> 'IN_TROUBLESHOOTING_QUEUE' and p.error_code <> 'ADVANCE_FAILED') end`,
  'one command for each process, step and visit': `
    select c.process_id::text as id from faultline.command c
    where c.batch_id = $1 and c.purpose = 'step' group by c.process_id, c.step having count(*) > 1`,
  'the steps sent are the path, in its order': `
    select p.process_id::text as id from faultline.process p
    where p.batch_id = $1 and p.path is distinct from (
      select array_agg(c.step order by i.position) from unnest(p.command_ids) with ordinality i(command_id, position)
        join faultline.command c on c.command_id = i.command_id where c.purpose = 'step')`,
  'a process sends a step when the one before it has ended': `
    select p.process_id::text as id from faultline.process p
      cross join lateral (select c.created_at, lag(c.settled_at) over (order by c.position) as settled_before
        from ${SENT} c) s
    where p.batch_id = $1 and s.created_at < s.settled_before and not exists (
      -- now() is when a transaction began: an operator who waited for another's to end is dated before it.
      select 1 from faultline.event e where e.process_id = p.process_id and e.type like 'OPERATOR%')`,
  'completed: every step of the path completed, by its handler or by an operator, and nothing was undone': `
    select p.process_id::text as id from faultline.process p join faultline.command c on c.process_id = p.process_id
    where p.batch_id = $1 and p.status = 'COMPLETED' and (c.purpose <> 'step' or c.status <> 'COMPLETED' and not exists (
      select 1 from faultline.event e where e.command_id = c.command_id and e.type = 'OPERATOR_COMPLETE'))`,
  'undone: newest first, each step once in its turn': `
    select p.process_id::text as id from faultline.process p
      cross join lateral (select array_position(p.path, c.step) as at,
          lag(array_position(p.path, c.step)) over (order by c.position) as at_before
        from ${SENT} c where c.purpose = 'compensation') u
    where p.batch_id = $1 and u.at >= u.at_before`,
  'a process that did not complete says why': `
    select p.process_id::text as id from faultline.process p
    where p.batch_id = $1 and (p.status = 'COMPLETED') <> (p.error_code is null)`,
  'every command belongs to its process': `
    select c.command_id::text as id from faultline.command c
      left join faultline.process p on p.process_id = c.process_id and p.lane = c.lane
    where c.batch_id = $1 and c.purpose in ('step', 'compensation') and (p.process_id is null or p.batch_id <> $1)`,
};

/** What is wrong with a batch; nothing, if all is well. */
export async function findViolations(pool: Pool, batch_id: string): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const [rule, text] of Object.entries(RULES)) {
    const { rows } = await pool.query<{ id: string }>(text, [batch_id]);
    if (rows.length > 0) violations.push({ rule, count: rows.length, example: rows[0]?.id ?? '' });
  }
  return violations;
}

/**
 * What the verdict has against a batch, with its processes replayed by `definition` where one is given. Failures of a test's own
 * handlers are not held against it.
 */
export async function failedChecks(pool: Pool, batch_id: string, definition?: AnyProcessDefinition): Promise<string[]> {
  const verified = await verifyBatch({
    pool,
    batch_id,
    processesOf: (batch) =>
      definition === undefined
        ? null
        : { code: bindDefinition(definition, batch), plan: planOf(definition, batch.input) },
  });
  return (verified?.checks ?? [])
    .filter(({ name, status }) => status === 'fail' && name !== 'no_real_failures')
    .flatMap(({ name, violations, details }) => details.map((detail) => `${name} (${violations}): ${detail}`));
}

/** By step and purpose: which compensations each process of these statuses must have had. */
export async function findMissingCompensations(
  pool: Pool,
  batch_id: string,
  undoable: readonly string[],
): Promise<string[]> {
  const { rows } = await pool.query<{ process_id: string }>(
    `select p.process_id from faultline.process p
     where p.batch_id = $1 and p.status in ('COMPENSATED', 'FAILED') and exists (
       select 1 from unnest(p.path) as s(step)
         join faultline.command done on done.process_id = p.process_id and done.step = s.step and done.purpose = 'step'
       where split_part(s.step, '#', 1) = any($2) and done.attempts > 0 and not exists (
         select 1 from faultline.command u
         where u.process_id = p.process_id and u.purpose = 'compensation' and u.step = s.step))`,
    [batch_id, undoable],
  );
  return rows.map(({ process_id }) => process_id);
}
