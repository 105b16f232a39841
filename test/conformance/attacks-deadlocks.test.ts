// Everything that locks rows, at once, on the same rows, in random order, for as long as there is work: settling of two services,
// heartbeats, reaping, lost leases, operators with every verb, cancelling, counting. No one ever waits in a circle.

import { expect, test } from 'vitest';
import { startTsqJob } from '../../src/bus/jobs.ts';
import { reapExpired } from '../../src/bus/reap.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { expireWorkerLeases } from '../../src/db/queries/claims.ts';
import { BusinessRuleError, FaultlineError, PermanentCommandError } from '../../src/model/errors.ts';
import { cancelBatch } from '../../src/process/cancel.ts';
import { cancelProcess } from '../../src/process/cancel-process.ts';
import { findViolations } from '../end/story.ts';
import { chain, openLab, type Script } from '../process/lab.ts';
import { createDraw } from '../support/random.ts';
import { until } from '../support/until.ts';

const COUNT = 400;
/** Enough of each to meet the others; the last batch decides when it is over. */
const ROUNDS = 120;

test('nothing deadlocks, and the books are right', { timeout: 90_000 }, async () => {
  const random = createDraw();
  const heard: string[] = [];
  const unknown: unknown[] = [];
  const note = (fields: object) => {
    const { err } = fields as { err?: { code?: string } };
    if (err?.code !== undefined) heard.push(err.code);
  };
  const env = { logger: { debug: note, info: note, warn: note, error: note } };
  const trip = chain(['book', 'pay', 'mail']);
  const lab = await openLab({ processes: [trip], env });
  const other = await openLab({ processes: [trip], env, database: lab.database });

  const script: Script = async ({ attempt, purpose, signal }) => {
    const draw = random();
    // tidy-ignore sleep: so long the work takes, and no one waits for it.
    await new Promise((done) => setTimeout(done, draw * 20));
    if (signal.aborted) throw signal.reason;
    if (purpose === 'compensation') {
      if (draw < 0.1) throw new PermanentCommandError('STUCK', 'It cannot be undone.');
      return;
    }
    if (draw < 0.1) throw new Error('Try again.');
    if (draw < 0.16 && attempt === 1) throw new PermanentCommandError('BROKEN', 'It broke.');
    if (draw < 0.2) throw new BusinessRuleError('REFUSED', 'No.');
  };
  const policy = { max_attempts: 3, backoff_ms: [0, 5], lease_ms: 600 };
  const batches = [
    await lab.launch(trip, { count: COUNT, script, policy }),
    await other.launch(trip, { count: COUNT, script, policy }),
    await lab.launch(trip, { count: COUNT, script, policy }),
  ];
  const workers = [await lab.work({ slots: 40 }), await other.work({ slots: 40 }), await other.work({ slots: 40 })];

  const some = async (status: string, limit: number): Promise<string[]> => {
    const { rows } = await lab.pool.query<{ command_id: string }>(
      `select command_id from faultline.command where status = $1 and purpose in ('step', 'compensation')
       order by md5(command_id::text || $2) limit $3`,
      [status, String(random()), limit],
    );
    return rows.map(({ command_id }) => command_id);
  };
  /** Anyone who is second is told so; anything else is a failure. */
  const allowed = async (work: Promise<unknown>) => {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof FaultlineError && error.code === 'WRONG_STATE')) unknown.push(error);
    }
  };
  const operator = { actor: 'storm', reason: 'storm' };
  const verbs = [
    (id: string) => retryCommand(lab.bus, id, operator),
    (id: string) => retryCommand(other.bus, id, operator),
    (id: string) => completeCommand(lab.bus, id, operator, { by: 'hand' }),
    (id: string) => cancelCommand(other.bus, id, operator),
    (id: string) => cancelCommand(lab.bus, id, operator),
  ];
  const each = (ids: string[], work: (id: string) => Promise<unknown>) =>
    Promise.all(ids.map((id) => allowed(work(id))));
  const attacks: (() => Promise<unknown>)[] = [
    async () => each(await some('IN_TROUBLESHOOTING_QUEUE', 12), pick(verbs, random)),
    async () => each(await some('IN_TROUBLESHOOTING_QUEUE', 12), pick(verbs, random)),
    async () => each(await some('IN_PROGRESS', 3), (id) => cancelCommand(other.bus, id, operator)),
    async () => each(await some('PENDING', 2), (id) => cancelCommand(lab.bus, id, operator)),
    async () => {
      const verb = pick(['retry', 'cancel', 'complete'] as const, random);
      const filter = { batch_id: pick(batches, random) };
      await startTsqJob(pick([lab, other], random).bus, { verb, filter, ...operator });
    },
    async () => {
      const { rows } = await lab.pool.query<{ process_id: string }>(
        `select process_id from faultline.process where completed_at is null order by md5(process_id::text || $1) limit 3`,
        [String(random())],
      );
      const compensate = random() < 0.7;
      await each(
        rows.map(({ process_id }) => process_id),
        (id) => cancelProcess(other.bus, id, operator, { compensate }),
      );
    },
    () => reapExpired(lab.bus, 0),
    () => reapExpired(other.bus, 0),
    () => expireWorkerLeases(lab.pool, pick(workers, random).worker_id),
  ];
  let canceled = false;
  const attacker = async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await pick(attacks, random)().catch((error) => unknown.push(error));
      if (round === 5 && !canceled) {
        canceled = true;
        await cancelBatch(other.bus, batches[2] as string, operator);
      }
    }
  };
  await Promise.all(Array.from({ length: 6 }, attacker));

  // What is still parked is completed by hand, until all three have ended.
  await until(
    'every batch has ended',
    async () => {
      await each(await some('IN_TROUBLESHOOTING_QUEUE', 100), (id) => completeCommand(lab.bus, id, operator));
      const { rows } = await lab.pool.query(`select 1 from faultline.batch where completed_at is null`);
      return rows.length === 0;
    },
    { deadline_ms: 60_000, every_ms: 100 },
  );
  await Promise.all(workers.map((worker) => worker.stop()));
  expect(unknown).toEqual([]);
  expect(heard.filter((code) => code === '40P01')).toEqual([]);
  for (const batch_id of batches) expect(await findViolations(lab.pool, batch_id)).toEqual([]);
  const { rows } = await lab.pool.query(
    `select (select count(distinct outcome)::int from faultline.attempt) as outcomes,
       (select count(*)::int from faultline.event where type = 'LATE_RESULT_DISCARDED') > 0 as late,
       (select count(*)::int from faultline.process where status = 'CANCELED') > 0 as canceled`,
  );
  expect(rows).toEqual([{ outcomes: expect.any(Number), late: true, canceled: true }]);
  expect(rows[0].outcomes).toBeGreaterThan(4);
});

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}
