// Again: a batch launched once more as it was, and one of its processes alone, which meets the same faults attempt by attempt.
// Real workers run both; what is compared is what stands in the attempts.

import { describe, expect, test } from 'vitest';
import { LAUNCH, openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;

const STORM = {
  query: { fail_transient_pct: 45, fail_permanent_pct: 8, fail_first_attempts: 1, error_code: 'AGAIN' },
  aggregation: { fail_transient_pct: 35, timeout_pct: 10, lost_ack_pct: 15, duplicate_pct: 20, max_duration_ms: 5 },
  render: { fail_business_rule_pct: 20, fail_transient_pct: 20, connection_lost_pct: 20, corrupt_reply_pct: 15 },
};
const POLICY = { retry: { max_attempts: 5, backoff_ms: [1, 2] }, lease_ms: 500 };

/** What became of the processes with these ordinals: how each ended and what each attempt met, without ids and times. */
async function outcomes(batch_id: string, ordinal: number | null = null) {
  const { rows } = await pool.query(
    `select p.ordinal, p.status, p.error_code, p.path, (
       select jsonb_agg(jsonb_build_array(a.purpose, a.step, a.attempt, a.outcome, a.effect, a.fault, a.error_code)
         order by a.started_at, a.purpose, a.step, a.attempt)
       from faultline.attempt a where a.process_id = p.process_id) as attempts
     from faultline.process p where p.batch_id = $1 and ($2::int is null or p.ordinal = $2) order by p.ordinal`,
    [batch_id, ordinal],
  );
  return rows;
}

const read = async (batch_id: string) => (await lab.get(`/process-batches/${batch_id}`)).json();
const rerun = async (path: string, body?: object, headers = {}): Promise<string> => {
  const answer = await lab.post(`${path}/rerun`, body, headers);
  expect([answer.statusCode, answer.body]).toEqual([202, expect.any(String)]);
  expect(answer.headers.location).toBe(`/api/v1/process-batches/${answer.json().batch_id}`);
  return answer.json().batch_id;
};

describe('a batch again', () => {
  test('is launched as it was, says of what it is the repetition, and comes to the same', async () => {
    const experiment = { hypothesis: 'It holds.', scope_pct: 60 };
    const first = await lab.launch({ count: 12, name: 'first', behavior: STORM, experiment, ...POLICY });
    await lab.work();
    await lab.atRest(first);
    const second = await rerun(`/process-batches/${first}`);
    await lab.atRest(second);
    const [one, two] = [await read(first), await read(second)];
    for (const field of ['name', 'seed', 'input', 'behavior', 'retry', 'lease_ms', 'total_count', 'process_type']) {
      expect(two[field], field).toEqual(one[field]);
    }
    expect(two.experiment).toEqual({ ...experiment, rerun_of: { batch_id: first } });
    expect(await outcomes(second)).toEqual(await outcomes(first));
    expect(
      (await outcomes(first)).flatMap(({ attempts }) => attempts).filter(([, , , , , fault]) => fault),
    ).not.toEqual([]);
  });

  test('takes another seed, count, name, behavior and experiment; empty ones ask for none', async () => {
    const first = await lab.launch({ count: 2, name: 'a', behavior: STORM, experiment: { scope_pct: 10 }, ...POLICY });
    const changed = { seed: 'other', count: 3, name: 'b', behavior: { query: { timeout_pct: 1 } } };
    const second = await rerun(`/process-batches/${first}`, { ...changed, experiment: { hypothesis: 'Else.' } });
    expect(await read(second)).toMatchObject({
      seed: 'other',
      total_count: 3,
      name: 'b',
      behavior: { query: { timeout_pct: 1 } },
      experiment: { hypothesis: 'Else.', rerun_of: { batch_id: first } },
      retry: POLICY.retry,
    });
    const third = await rerun(`/process-batches/${first}`, { behavior: {}, experiment: {} });
    expect(await read(third)).toMatchObject({
      behavior: null,
      experiment: { rerun_of: { batch_id: first } },
      name: 'a',
    });
    expect((await read(third)).experiment.scope_pct).toBeUndefined();
  });

  test('is refused what a launch is refused', async () => {
    const first = await lab.launch({ behavior: STORM });
    const refused = async (body: object, path = `/process-batches/${first}`) => {
      const answer = await lab.post(`${path}/rerun`, body);
      return [answer.statusCode, answer.json().errors.map((error: { path: string }) => error.path)];
    };
    expect(await refused({ behavior: { pack: {} } })).toEqual([422, ['behavior.pack']]);
    expect(await refused({ behavior: { query: { crash_pct: 101 } } })).toEqual([422, ['behavior.query.crash_pct']]);
    expect(await refused({ count: 0, seed: 'a b' })).toEqual([422, ['seed', 'count']]);
    expect(await refused({ process_type: 'Other' })).toEqual([422, ['process_type']]);
    expect(await refused({ experiment: { scope_pct: 101 } })).toEqual([422, ['experiment.scope_pct']]);
    expect(await refused({}, '/process-batches/019a0000-0000-7000-8000-00000000dead')).toEqual([404, []]);
    const { batch_id } = (
      await lab.post('/command-batches', { commands: [{ domain: 'e2e', type: 'TestCommand', payload: {} }] })
    ).json();
    expect(batch_id).toEqual(expect.any(String));
    expect(await refused({}, `/process-batches/${batch_id}`)).toEqual([404, []]);
  });

  test('with the same Idempotency-Key it is one launch; the key of another request is refused', async () => {
    const first = await lab.launch();
    const key = { 'idempotency-key': 'once-more' };
    const again = await rerun(`/process-batches/${first}`, { name: 'x' }, key);
    expect(await rerun(`/process-batches/${first}`, { name: 'x' }, key)).toBe(again);
    for (const [path, body] of [
      [`/process-batches/${first}`, { name: 'y' }],
      [`/process-batches/${again}`, { name: 'x' }],
    ] as const) {
      expect((await lab.post(`${path}/rerun`, body, key)).json().code).toBe('IDEMPOTENCY_KEY_REUSED');
    }
  });
});

describe('a process again', () => {
  test('meets the same faults attempt by attempt, and works on the same accounts', async () => {
    const batch_id = await lab.launch({ count: 30, seed: 'again-1', behavior: STORM, ...POLICY });
    await lab.work();
    await lab.atRest(batch_id);
    const before = await outcomes(batch_id);
    const hit = (attempts: unknown[][]) => new Set(attempts.flatMap((attempt) => (attempt[5] ? [attempt[5]] : [])));
    const chosen = before.filter(({ attempts }) => hit(attempts).size > 2).slice(0, 5);
    expect(chosen.length).toBeGreaterThan(2);
    for (const { ordinal, ...outcome } of chosen) {
      const { rows } = await pool.query(
        'select process_id, state from faultline.process where batch_id = $1 and ordinal = $2',
        [batch_id, ordinal],
      );
      const [{ process_id, state }] = rows;
      const again = await rerun(`/processes/${process_id}`, { name: 'alone' });
      await lab.atRest(again);
      expect(await read(again)).toMatchObject({
        name: 'alone',
        total_count: 1,
        first_ordinal: ordinal,
        seed: 'again-1',
        experiment: { rerun_of: { batch_id, process_id } },
      });
      expect(await outcomes(again)).toEqual([{ ordinal, ...outcome }]);
      // Its report predicts it at its own place.
      const { predicted, predicted_note, verdict, steps } = (await lab.get(`/process-batches/${again}/report`)).json();
      expect([predicted_note, verdict]).toEqual([null, 'pass']);
      const attempts = steps.map(({ observed }: { observed: { attempts: number } }) => observed.attempts);
      expect(attempts.reduce((sum: number, some: number) => sum + some)).toBe(predicted.expected.attempts);
      const [process] = (await lab.get(`/process-batches/${again}/processes`)).json().items;
      expect(process.state.account_list).toEqual(state.account_list);
    }
  });

  test('meets what its steps were sent with, not what its batch was launched with', async () => {
    const batch_id = await lab.launch({ count: 2, behavior: { query: { fail_permanent_pct: 100 } }, ...POLICY });
    await lab.work();
    await lab.atRest(batch_id);
    const [, second] = (await lab.get(`/process-batches/${batch_id}/processes`)).json().items;
    await pool.query(
      `update e2e.test_command set behavior = '{"fail_business_rule_pct": 100}' where payload ->> 'process_id' = $1`,
      [second.process_id],
    );
    const again = await rerun(`/processes/${second.process_id}`);
    expect((await lab.atRest(again)).status).toBe('COMPLETED_WITH_FAILURES');
    expect(await read(again)).toMatchObject({ behavior: { query: { fail_business_rule_pct: 100 } } });
  });

  test('out of scope it meets nothing again, and can itself be done again', async () => {
    const experiment = { scope_pct: 0 };
    const batch_id = await lab.launch({ count: 3, behavior: STORM, experiment, ...POLICY });
    await lab.work();
    await lab.atRest(batch_id);
    const last = (await lab.get(`/process-batches/${batch_id}/processes`)).json().items[2];
    const again = await rerun(`/processes/${last.process_id}`);
    expect(await lab.atRest(again)).toMatchObject({ status: 'COMPLETED', behavior: null, first_ordinal: 2 });
    const [process] = (await lab.get(`/process-batches/${again}/processes`)).json().items;
    const third = await rerun(`/processes/${process.process_id}`);
    expect(await lab.atRest(third)).toMatchObject({ status: 'COMPLETED', first_ordinal: 2 });
    const whole = await rerun(`/process-batches/${again}`);
    expect(await lab.atRest(whole)).toMatchObject({ status: 'COMPLETED', first_ordinal: 2, total_count: 1 });
  });

  test('without a batch it is refused, and an unknown one is not found', async () => {
    const unknown = await lab.post('/processes/019a0000-0000-7000-8000-00000000dead/rerun');
    expect(unknown.statusCode).toBe(404);
    const process_id = '019a0000-0000-7000-8000-0000000000aa';
    await pool.query(
      `insert into faultline.process (process_id, lane, ordinal, process_type, version, domain, status, state, path, command_ids, created_at, updated_at)
       values ($1, 0, 0, 'StatementReport', 1, 'reporting', 'COMPLETED', '{}', '{query}', '{}', now(), now())`,
      [process_id],
    );
    const standalone = await lab.post(`/processes/${process_id}/rerun`);
    expect([standalone.statusCode, standalone.json().code]).toEqual([409, 'WRONG_STATE']);
  });

  test('with the same Idempotency-Key it is one launch', async () => {
    const batch_id = await lab.launch();
    await lab.work();
    await lab.atRest(batch_id);
    const [{ process_id }] = (await lab.get(`/process-batches/${batch_id}/processes`)).json().items;
    const key = { 'idempotency-key': 'this-one' };
    const again = await rerun(`/processes/${process_id}`, undefined, key);
    expect(await rerun(`/processes/${process_id}`, {}, key)).toBe(again);
  });
});

test('a launch sends its fields itself: a place in another batch is none of them', async () => {
  expect((await lab.post('/process-batches', { ...LAUNCH, first_ordinal: 3 })).statusCode).toBe(422);
});

test('while chaos is stopped a rerun that asks for it is refused, and one that does not is launched', async () => {
  const batch_id = await lab.launch({ behavior: STORM, ...POLICY });
  await lab.work();
  await lab.atRest(batch_id);
  const [{ process_id }] = (await lab.get(`/process-batches/${batch_id}/processes`)).json().items;
  const killSwitch = (stopped: boolean) =>
    lab.app.inject({ method: 'PUT', url: '/api/v1/chaos', payload: { stopped, reason: 'test' } });
  await killSwitch(true);
  for (const path of [`/process-batches/${batch_id}`, `/processes/${process_id}`]) {
    expect((await lab.post(`${path}/rerun`)).json().code).toBe('CHAOS_STOPPED');
  }
  expect((await lab.post(`/process-batches/${batch_id}/rerun`, { behavior: {} })).statusCode).toBe(202);
  await killSwitch(false);
  expect((await lab.post(`/processes/${process_id}/rerun`)).statusCode).toBe(202);
});
