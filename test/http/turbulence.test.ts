// Turbulence over HTTP: refused where no supervisor may make it, told by the configuration, shown with its batch and in the audit.

import { describe, expect, test } from 'vitest';
import { TURBULENCE_KINDS } from '../../src/chaos/experiment.ts';
import { allowedTurbulence } from '../../src/chaos/turbulence.ts';
import { at, insertBatch, insertEvent } from '../support/factories.ts';
import { LAUNCH, openLab } from './lab.ts';

const labs = {
  none: await openLab(),
  allowed: await openLab({ turbulence: allowedTurbulence('allowed') }),
  embedded: await openLab({ turbulence: TURBULENCE_KINDS }),
};

const EVERYTHING = {
  kill_worker_every_ms: 5_000,
  restart_postgres_every_ms: 5_000,
  terminate_backends_every_ms: 5_000,
  pause_postgres_every_ms: 5_000,
};
const launch = (lab: keyof typeof labs, turbulence: object, headers = {}) =>
  labs[lab].post('/process-batches', { ...LAUNCH, experiment: { turbulence } }, headers);
const batches = async (lab: keyof typeof labs) =>
  (await labs[lab].database.pool.query('select count(*)::int as count from faultline.batch')).rows[0].count;

describe('a launch that asks for it', () => {
  test.each([
    ['none', EVERYTHING, ['kill_worker', 'restart_postgres', 'terminate_backends', 'pause_postgres']],
    ['none', { kill_worker_every_ms: 5_000 }, ['kill_worker']],
    ['allowed', EVERYTHING, ['restart_postgres', 'pause_postgres']],
  ] as const)('is refused with %s allowed: %j', async (lab, turbulence, kinds) => {
    const before = await batches(lab);
    const answer = await launch(lab, turbulence);
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({
      code: 'TURBULENCE_NOT_ALLOWED',
      status: 409,
      errors: kinds.map((kind) => ({
        path: `experiment.turbulence.${kind}_every_ms`,
        code: 'not_allowed',
        message: 'is not allowed on this database',
      })),
    });
    expect(await batches(lab)).toBe(before);
  });

  test.each([
    ['allowed', { kill_worker_every_ms: 5_000, terminate_backends_every_ms: 5_000 }],
    ['embedded', EVERYTHING],
    // What asks for nothing is no turbulence.
    ['none', { kill_worker_every_ms: null, pause_ms: 500, for_ms: 9_000 }],
  ] as const)('is accepted with %s: %j', async (lab, turbulence) => {
    expect((await launch(lab, turbulence)).statusCode).toBe(202);
  });

  test('with a mistake in it hears of that first', async () => {
    const answer = await launch('none', { kill_worker_every_ms: 10 });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'INVALID_INPUT']);
  });

  test('of a batch again is refused like one of its own', async () => {
    const { batch_id } = await insertBatch(labs.none.database.pool, 'COMPLETED', {
      input: LAUNCH,
      experiment: { turbulence: EVERYTHING },
    });
    const answer = await labs.none.post(`/process-batches/${batch_id}/rerun`, {});
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'TURBULENCE_NOT_ALLOWED']);
  });
});

test.each(['none', 'allowed', 'embedded'] as const)(
  'the configuration tells what may be asked for: %s',
  async (lab) => {
    const kinds = { none: [], allowed: ['kill_worker', 'terminate_backends'], embedded: TURBULENCE_KINDS }[lab];
    expect((await labs[lab].get('/config')).json().turbulence).toEqual(kinds);
  },
);

describe('of a batch', () => {
  const { pool } = labs.none.database;
  const turbulent = async () => {
    const { batch_id } = await insertBatch(pool, 'COMPLETED', {
      created_at: at(0),
      completed_at: at(60),
      experiment: { turbulence: EVERYTHING },
    });
    const write = (second: number, details: object) =>
      insertEvent(pool, 'TURBULENCE', { batch_id, at: at(second), actor: 'turbulence', details });
    return { batch_id: String(batch_id), write };
  };

  test('it stands in the detail and in the audit', async () => {
    const { batch_id, write } = await turbulent();
    await write(5, { kind: 'kill_worker', due_ms: 5_000, nth: 1, worker: 'work-1', pid: 4711 });
    await write(6, { kind: 'restart_postgres', due_ms: 5_000, nth: 1, mode: 'immediate' });
    const detail = (await labs.none.get(`/process-batches/${batch_id}`)).json();
    expect(detail.turbulence).toEqual([
      {
        at: at(5).toISOString(),
        kind: 'kill_worker',
        details: { due_ms: 5_000, nth: 1, worker: 'work-1', pid: 4711 },
      },
      { at: at(6).toISOString(), kind: 'restart_postgres', details: { due_ms: 5_000, nth: 1, mode: 'immediate' } },
    ]);
    const audit = (await labs.none.get(`/audit?batch_id=${batch_id}`)).json();
    expect(audit.items).toMatchObject([
      { type: 'TURBULENCE', batch_id, details: { kind: 'kill_worker', worker: 'work-1', actor: 'turbulence' } },
      { type: 'TURBULENCE', batch_id, details: { kind: 'restart_postgres', mode: 'immediate' } },
    ]);
  });

  test('the newest 500 are shown', async () => {
    const { batch_id } = await turbulent();
    await pool.query(
      `insert into faultline.event (lane, type, batch_id, details)
       select 0, 'TURBULENCE', $1::uuid, jsonb_build_object('kind', case when n % 2 = 0 then 'kill_worker' else 'pause_postgres' end, 'nth', n)
       from generate_series(1, 510) n`,
      [batch_id],
    );
    const { turbulence } = (await labs.none.get(`/process-batches/${batch_id}`)).json();
    expect(turbulence.map(({ details }: { details: { nth: number } }) => details.nth)).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 11),
    );
  });

  test('one that asked for none has none', async () => {
    const { batch_id } = await insertBatch(pool, 'COMPLETED');
    expect((await labs.none.get(`/process-batches/${batch_id}`)).json().turbulence).toEqual([]);
  });
});
