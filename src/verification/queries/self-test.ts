// Statements that break a batch on purpose, each in a way that only a check of the verdict detects. Only the self-test
// uses them, on databases of its own.

import type { Pool } from '../../db/pool.ts';

/** `$1` is the batch. Rows are picked by the lowest ordinal, so that every run breaks the same ones. */
const TAMPER = {
  /** Step `two` of a process that completed is sent, settled and listed once more. */
  double_step: `
with picked as (
  select c.*, gen_random_uuid() as new_id from faultline.process p
    join faultline.command c on c.process_id = p.process_id and c.step = 'two' and c.purpose = 'step'
    left join faultline.attempt a on a.command_id = c.command_id and a.fault is not null
  where p.batch_id = $1 and p.status = 'COMPLETED' and a.command_id is null and c.attempts = 1 order by p.ordinal limit 1
),
commands as (
  insert into faultline.command (command_id, lane, domain, type, purpose, status, priority, attempts, attempts_limit, max_attempts, lease_ms,
    backoff_ms, available_at, claim_id, worker_id, attempt_started_at, process_id, batch_id, step, correlation_id, annotated, payload, result,
    created_at, settled_at)
  select new_id, lane, domain, type, purpose, status, priority, attempts, attempts_limit, max_attempts, lease_ms, backoff_ms, available_at,
    claim_id, worker_id, attempt_started_at, process_id, batch_id, step, correlation_id, annotated, payload, result, created_at, settled_at
  from picked
),
attempts as (
  insert into faultline.attempt select k.new_id, a.lane, a.attempt, a.claim_id, a.worker_id, a.started_at, a.ended_at, a.outcome, a.effect,
    a.retry_at, a.reason, a.error_code, a.error_message, a.fault, a.process_id, a.batch_id, a.purpose, a.step
  from picked k join faultline.attempt a on a.command_id = k.command_id
),
rows as (
  insert into e2e.test_command (command_id, lane, behavior, payload, created_at)
  select k.new_id, t.lane, t.behavior, t.payload, t.created_at from picked k join e2e.test_command t on t.command_id = k.command_id
)
update faultline.process p set command_ids = p.command_ids || k.new_id from picked k where p.process_id = k.process_id
returning p.process_id`,
  /** The newest compensation of a process never happened. */
  skip_compensation: `
with picked as (
  select c.command_id, c.process_id from faultline.process p
    join faultline.command c on c.process_id = p.process_id and c.purpose = 'compensation'
  where p.batch_id = $1 and p.status = 'COMPENSATED' order by p.ordinal, array_position(p.command_ids, c.command_id) limit 1
),
attempts as (delete from faultline.attempt a using picked k where a.command_id = k.command_id),
commands as (delete from faultline.command c using picked k where c.command_id = k.command_id)
update faultline.process p set command_ids = array_remove(p.command_ids, k.command_id) from picked k where p.process_id = k.process_id
returning p.process_id`,
  /** Step `two` of a process that completed was never sent. */
  skip_step: `
with picked as (
  select c.command_id, c.process_id from faultline.process p
    join faultline.command c on c.process_id = p.process_id and c.purpose = 'step' and c.step = 'two'
  where p.batch_id = $1 and p.status = 'COMPLETED' order by p.ordinal limit 1
),
attempts as (delete from faultline.attempt a using picked k where a.command_id = k.command_id),
commands as (delete from faultline.command c using picked k where c.command_id = k.command_id)
update faultline.process p set command_ids = array_remove(p.command_ids, k.command_id), path = array_remove(p.path, 'two')
from picked k where p.process_id = k.process_id
returning p.process_id`,
  /** The state of a process was changed by hand. */
  edit_state: `
update faultline.process p set state = jsonb_set(p.state, '{n}', '99')
where p.process_id = (select q.process_id from faultline.process q where q.batch_id = $1 and q.status = 'COMPLETED' order by q.ordinal limit 1)
returning p.process_id`,
  /** A completed process was marked as failed by hand. */
  edit_status: `
update faultline.process p set status = 'FAILED', error_code = 'EDITED'
where p.process_id = (select q.process_id from faultline.process q where q.batch_id = $1 and q.status = 'COMPLETED' order by q.ordinal limit 1)
returning p.process_id`,
  /** The first of two attempts is gone. */
  delete_attempt: `
delete from faultline.attempt a
where (a.command_id, a.attempt) = (select b.command_id, b.attempt from faultline.attempt b join faultline.process p on p.process_id = b.process_id
  where b.batch_id = $1 and b.purpose = 'step' and b.effect = 'RETRY' and b.fault = 'transient' and b.attempt = 1
  order by p.ordinal, b.step limit 1)
returning a.process_id`,
  /** A process is gone, and its commands are orphans. */
  delete_process: `
delete from faultline.process p
where p.process_id = (select q.process_id from faultline.process q where q.batch_id = $1 and q.status = 'COMPLETED' order by q.ordinal limit 1)
returning p.process_id`,
  /** The behavior beside a command that met no fault is gone. */
  delete_behavior: `
delete from e2e.test_command t
where t.command_id = (select c.command_id from faultline.command c join faultline.process p on p.process_id = c.process_id
    join faultline.attempt a on a.command_id = c.command_id
  where c.batch_id = $1 and c.purpose = 'step' group by c.command_id, p.ordinal having bool_and(a.fault is null) order by p.ordinal, c.command_id limit 1)
returning t.command_id`,
  /** An attempt began before the delay after the one before it had passed. */
  retry_early: `
update faultline.attempt a set started_at = b.retry_at - interval '1 ms'
from faultline.attempt b
where a.command_id = b.command_id and a.attempt = 2 and b.attempt = 1 and a.command_id = (
  select c.command_id from faultline.attempt c join faultline.process p on p.process_id = c.process_id
  where c.batch_id = $1 and c.purpose = 'step' and c.effect = 'RETRY' and c.attempt = 1 order by p.ordinal, c.step limit 1)
returning a.process_id`,
} as const;
export type Tampering = keyof typeof TAMPER;

/** Breaks one row; returns the id of what was broken. Throws when there was nothing to break. */
export async function tamper(pool: Pool, how: Tampering, batch_id: string): Promise<string> {
  const { rows } = await pool.query<Record<string, string>>(TAMPER[how], [batch_id]);
  const [id] = Object.values(rows[0] ?? {});
  if (id === undefined) throw new Error(`The batch has nothing to break by ${how}.`);
  return id;
}

export async function createSelfTestDatabase(server: Pool, name: string, template?: string): Promise<void> {
  await server.query(`create database "${name}"${template === undefined ? '' : ` template "${template}"`}`);
}

export async function dropSelfTestDatabase(server: Pool, name: string): Promise<void> {
  await server.query(`drop database if exists "${name}" with (force)`);
}

/** Whether all processes of a batch but `stuck` have ended or wait for an operator. */
export async function isSettledBut(pool: Pool, batch_id: string, stuck: number): Promise<boolean> {
  const { rows } = await pool.query<{ settled: boolean }>(
    `select count(*) filter (where p.status in ('WAITING_FOR_REPLY', 'COMPENSATING')) <= $2 and count(*) = min(b.total_count)
       and bool_and(b.status not in ('CREATING')) and ($2 > 0 or bool_and(b.status in ('AT_REST', 'COMPLETED', 'COMPLETED_WITH_FAILURES')))
       and count(c.command_id) filter (where c.status in ('PENDING', 'IN_PROGRESS')) = 0 as settled
     from faultline.batch b join faultline.process p on p.batch_id = b.batch_id
       left join faultline.command c on c.command_id = p.awaiting_command_id
     where b.batch_id = $1`,
    [batch_id, stuck],
  );
  return rows[0]?.settled ?? false;
}
