// The same rows as the three-step chain writes, written inside the server by one backend: no client, no round trips.
// Sets of 100 with a durable commit each, claims committed asynchronously: what the bus does when it is busy.

import { createPool } from '../dist/src/index.js';

const SET = 100;
const CHUNK = 1000;

const CREATE = `
create procedure bench_create(total int, behavior jsonb) language plpgsql as $$
begin
  for chunk in 0 .. (total - 1) / ${CHUNK} loop
    with fresh as materialized (
      select n, uuidv7() as process_id, uuidv7() as command_id from generate_series(chunk * ${CHUNK}, least(total, (chunk + 1) * ${CHUNK}) - 1) n
    ),
    processes as (
      insert into faultline.process (process_id, lane, batch_id, ordinal, process_type, version, domain, status, current_step,
        awaiting_command_id, state, path, command_ids, created_at, updated_at)
      select process_id, 0, '00000000-0000-7000-8000-000000000000', n, 'Chain', 1, 'chain', 'WAITING_FOR_REPLY', 'one',
        command_id, jsonb_build_object('n', 0, 'behavior', behavior), array['one'], array[command_id], now(), now()
      from fresh on conflict (batch_id, ordinal, lane) do nothing
    ),
    chaos as (
      insert into e2e.test_command (command_id, lane, behavior, payload)
      select command_id, 0, behavior -> 'one', jsonb_build_object('process_id', process_id, 'process_step', 'one') from fresh
    )
    insert into faultline.command (command_id, lane, domain, type, purpose, priority, payload, max_attempts, attempts_limit,
      backoff_ms, lease_ms, available_at, process_id, batch_id, step, correlation_id, annotated, created_at)
    select command_id, 0, 'chain', 'StepOne', 'step', 6, '{"n":0}', 3, 3, '{10000,60000,300000}', 30000, now(), process_id,
      '00000000-0000-7000-8000-000000000000', 'one', process_id, true, now() from fresh;
    commit;
  end loop;
end $$`;

const RUN = `
create procedure bench_run(behavior jsonb) language plpgsql as $$
declare
  ids uuid[];
  claim uuid;
begin
  loop
    perform set_config('synchronous_commit', 'off', true);
    claim := uuidv7();
    with ready as materialized (
      select r.command_id from faultline.command r
      where r.domain = 'chain' and r.lane = 0::smallint and r.status = 'PENDING' and r.available_at <= now()
      order by r.priority, r.available_at limit ${SET} for update skip locked
    ),
    claimed as (
      update faultline.command c
      set status = 'IN_PROGRESS', attempts = c.attempts + 1, claim_id = claim, worker_id = claim, attempt_started_at = now(),
        lease_expires_at = now() + c.lease_ms * interval '1 millisecond', fault = null
      from ready where c.command_id = ready.command_id and c.lane = 0::smallint
      returning c.command_id
    )
    select array_agg(command_id) into ids from claimed;
    exit when ids is null;
    commit;
    with settled as (
      update faultline.command c
      set status = 'COMPLETED', result = '{"ok":true}', lease_expires_at = null, settled_at = now()
      from unnest(ids) i where c.command_id = i and c.lane = 0::smallint
        and c.claim_id = claim and c.status || '' = 'IN_PROGRESS' and c.lease_expires_at > now()
      returning c.command_id, c.attempts, c.claim_id, c.worker_id, c.attempt_started_at, c.process_id, c.batch_id, c.purpose, c.step
    ),
    attempted as (
      insert into faultline.attempt (command_id, lane, attempt, claim_id, worker_id, started_at, ended_at, outcome, effect,
        process_id, batch_id, purpose, step)
      select command_id, 0, attempts, claim_id, worker_id, attempt_started_at, now(), 'success', 'COMPLETED', process_id, batch_id,
        purpose, step from settled
    ),
    answered as materialized (
      select p.process_id, s.step, case when s.step = 'three' then null else uuidv7() end as next_id,
        case s.step when 'one' then 'two' when 'two' then 'three' end as next_step
      from settled s join faultline.process p on p.process_id = s.process_id and p.lane = 0::smallint
      where p.awaiting_command_id = s.command_id
    ),
    sent as (
      insert into faultline.command (command_id, lane, domain, type, purpose, priority, payload, max_attempts, attempts_limit,
        backoff_ms, lease_ms, available_at, process_id, batch_id, step, correlation_id, annotated, created_at)
      select next_id, 0, 'chain', case next_step when 'two' then 'StepTwo' else 'StepThree' end, 'step', 4, '{"n":1}', 3, 3,
        '{10000,60000,300000}', 30000, now(), process_id, '00000000-0000-7000-8000-000000000000', next_step, process_id, true, now()
      from answered where next_id is not null
    ),
    chaos as (
      insert into e2e.test_command (command_id, lane, behavior, payload)
      select next_id, 0, behavior -> next_step, jsonb_build_object('process_id', process_id, 'process_step', next_step)
      from answered where next_id is not null
    )
    update faultline.process p
    set status = case when l.next_id is null then 'COMPLETED' else 'WAITING_FOR_REPLY' end, current_step = coalesce(l.next_step, l.step),
      awaiting_command_id = l.next_id, state = jsonb_set(p.state, '{n}', to_jsonb((p.state ->> 'n')::int + 1)),
      path = case when l.next_id is null then p.path else p.path || l.next_step end,
      command_ids = case when l.next_id is null then p.command_ids else p.command_ids || l.next_id end,
      updated_at = now(), completed_at = case when l.next_id is null then now() end
    from answered l where p.process_id = l.process_id and p.lane = 0::smallint;
    commit;
  end loop;
end $$`;

/** Creates `count` processes and runs them to their end, all inside one backend. */
export async function runInServer(url, count, behavior) {
  const pool = createPool(url, { application_name: 'bench in server', max: 1, keyed_plans: true });
  await pool.query(CREATE);
  await pool.query(RUN);
  const document = JSON.stringify(behavior);
  const started = performance.now();
  await pool.query(`call bench_create(${count}, '${document}')`);
  const created = performance.now();
  await pool.query('checkpoint');
  const resumed = performance.now();
  await pool.query(`call bench_run('${document}')`);
  const ended = performance.now();
  const { rows } = await pool.query("select count(*)::int as n from faultline.process where status = 'COMPLETED'");
  if (rows[0].n !== count) throw new Error(`${rows[0].n} of ${count} processes completed in the server`);
  await pool.end();
  return { created_per_s: (count / (created - started)) * 1000, steps_per_s: ((count * 3) / (ended - resumed)) * 1000 };
}
