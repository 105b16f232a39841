// Jobs over the troubleshooting queue: each chosen item is done once or counted as failed, whatever dies, races or breaks meanwhile.

import { describe, expect, test } from 'vitest';
import { abortTsqJob, startTsqJob, type TsqJobRequest } from '../../src/bus/jobs.ts';
import { settleSet } from '../../src/bus/settle.ts';
import { retryCommand } from '../../src/bus/troubleshooting.ts';
import { readJob } from '../../src/db/queries/jobs.ts';
import { NotFoundError, PermanentCommandError, WrongStateError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { command, commandsOfLanes, item, type Lab, openLab } from './lab.ts';

const ADA = { actor: 'ada', reason: 'the vendor is back' };
const OWN = 'faultline';

/** Puts new commands into the troubleshooting queue, with one attempt made of each. */
async function park(
  lab: Lab,
  count: number,
  { code = 'BROKEN', fields = {} as object, lanes = 1 } = {},
): Promise<string[]> {
  const sent = lanes > 1 ? commandsOfLanes(count, lanes) : Array.from({ length: count }, () => command(fields));
  const ids = await lab.send(...sent);
  for (let lane = 0; lane < lanes; lane++) {
    const claimed = await lab.claim(count, { lane });
    const outcome = { kind: 'permanent', error_code: code, error_message: `It is ${code}.` } as const;
    await settleSet(
      lab.bus,
      claimed.map((one) => item(one, outcome)),
    );
  }
  return ids;
}

const start = (lab: Lab, request: Partial<TsqJobRequest> = {}) =>
  startTsqJob(lab.bus, { verb: 'retry', filter: { all: true }, ...ADA, ...request });

const workOnJobs = (lab: Lab) => lab.work({ domains: [OWN] });

function untilEnded(lab: Lab, job_id: string) {
  return until('the job has ended', async () => {
    const job = await readJob(lab.pool, job_id);
    return job !== null && job.status !== 'RUNNING' && job;
  });
}

async function statuses(lab: Lab): Promise<Record<string, number>> {
  const rows = await lab.rows(
    `select status, count(*)::int as count from faultline.command where domain <> $1 group by status`,
    [OWN],
  );
  return Object.fromEntries(rows.map((row) => [row.status, row.count]));
}

const failuresOf = (lab: Lab, job_id: string) =>
  lab.rows('select item_id, error_code, error_message from faultline.job_failure where job_id = $1 order by item_id', [
    job_id,
  ]);

async function isWaiting(lab: Lab): Promise<boolean> {
  const waiting = await lab.rows(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return waiting.length === 1;
}

/** How often an operator's verb was recorded, and of how many commands. */
async function recorded(lab: Lab) {
  const [row] = await lab.rows(
    `select count(*)::int as events, count(distinct command_id)::int as commands from faultline.event where type like 'OPERATOR_%'`,
  );
  return row;
}

describe('T03: a verb over all that matches is one job', () => {
  test('answered before anything is done, then each item is done once, by name and by job in the audit', async () => {
    const lab = await openLab();
    const ids = await park(lab, 1_203);
    const { job_id, total_count } = await start(lab);
    expect(total_count).toBe(1_203);
    expect(await statuses(lab)).toEqual({ IN_TROUBLESHOOTING_QUEUE: 1_203 });
    expect(await readJob(lab.pool, job_id)).toMatchObject({ status: 'RUNNING', done_count: 0, filter: {}, ...ADA });
    await workOnJobs(lab);
    expect(await untilEnded(lab, job_id)).toMatchObject({
      status: 'COMPLETED',
      done_count: 1_203,
      failed_count: 0,
      completed_at: expect.any(Date),
    });
    expect(await statuses(lab)).toEqual({ PENDING: 1_203 });
    expect(await recorded(lab)).toEqual({ events: 1_203, commands: 1_203 });
    expect(await lab.eventsOf(ids[700] as string)).toMatchObject([
      { type: 'OPERATOR_RETRY', ...ADA, attempt: 1, details: { job_id } },
    ]);
    expect(await lab.commandOf(ids[0] as string)).toMatchObject({ attempts_limit: 4, parked_at: null });
    expect(await lab.rows('select 1 from faultline.job_slice')).toEqual([]);
  });

  test('cancel and complete tell each requester', async () => {
    const lab = await openLab();
    const fields = { reply_to: 'asked' };
    const gone = await park(lab, 3, { code: 'GONE', fields });
    const done = await park(lab, 2, { code: 'DONE', fields });
    await workOnJobs(lab);
    const canceled = await start(lab, { verb: 'cancel', filter: { error_code: 'GONE' } });
    const completed = await start(lab, { verb: 'complete', filter: { error_code: 'DONE' }, result: { by: 'hand' } });
    expect([canceled.total_count, completed.total_count]).toEqual([3, 2]);
    await untilEnded(lab, canceled.job_id);
    await untilEnded(lab, completed.job_id);
    expect(await statuses(lab)).toEqual({ CANCELED: 3, COMPLETED: 2 });
    for (const id of gone)
      expect(await lab.repliesOf(id)).toMatchObject([{ outcome: 'CANCELED', error_message: ADA.reason }]);
    for (const id of done)
      expect(await lab.repliesOf(id)).toMatchObject([{ outcome: 'SUCCESS', result: { by: 'hand' } }]);
  });

  test.each([
    ['domain', { domain: 'lab' }, 6],
    ['type', { type: 'Other' }, 0],
    ['error code', { error_code: 'B' }, 2],
    ['error group', { error_group: 'A: It is A.' }, 4],
    ['real ones', { injected: false }, 6],
    ['injected ones', { injected: true }, 0],
    ['batch', { batch_id: newId() }, 0],
    ['process', { process_id: newId() }, 0],
    ['two fields', { error_code: 'A', domain: 'lab' }, 4],
  ])('by %s', async (_name, filter, count) => {
    const lab = await openLab();
    await park(lab, 4, { code: 'A' });
    await park(lab, 2, { code: 'B' });
    await workOnJobs(lab);
    const { job_id, total_count } = await start(lab, { filter });
    expect(total_count).toBe(count);
    expect(await untilEnded(lab, job_id)).toMatchObject({ status: 'COMPLETED', done_count: count, filter });
    expect((await statuses(lab)).PENDING ?? 0).toBe(count);
  });

  test('of selected commands each is done or says why not', async () => {
    const lab = await openLab();
    const [one = '', two = '', three = ''] = await park(lab, 3);
    await retryCommand(lab.bus, two, ADA);
    const unknown = newId();
    await workOnJobs(lab);
    const { job_id, total_count } = await start(lab, {
      filter: { command_ids: [one, two, unknown, one.toUpperCase()] },
    });
    expect(total_count).toBe(3);
    expect(await untilEnded(lab, job_id)).toMatchObject({ done_count: 1, failed_count: 2, filter: { selected: 3 } });
    const failures = await failuresOf(lab, job_id);
    expect(Object.fromEntries(failures.map((failure) => [failure.item_id, failure.error_code]))).toEqual({
      [two]: 'WRONG_STATE',
      [unknown]: 'NOT_FOUND',
    });
    expect(await lab.commandOf(three)).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE' });
  });

  test('in every lane', async () => {
    const lab = await openLab({ lanes: 4 });
    await park(lab, 40, { lanes: 4 });
    await workOnJobs(lab);
    const { job_id } = await start(lab);
    expect(await untilEnded(lab, job_id)).toMatchObject({ done_count: 40, failed_count: 0 });
    expect(await statuses(lab)).toEqual({ PENDING: 40 });
  });
});

describe('T03: only what was parked before the job began, each item once', () => {
  test('what comes back while the job runs waits for an operator again', async () => {
    const handler = () => {
      throw new PermanentCommandError('STILL_BROKEN', 'It broke again.');
    };
    const lab = await openLab({ handler });
    await park(lab, 1_400);
    await lab.work({ domains: ['lab', OWN] });
    const { job_id } = await start(lab);
    expect(await untilEnded(lab, job_id)).toMatchObject({ done_count: 1_400, failed_count: 0 });
    await until('all came back', async () => (await statuses(lab)).IN_TROUBLESHOOTING_QUEUE === 1_400);
    expect(await recorded(lab)).toEqual({ events: 1_400, commands: 1_400 });
  });

  test('what another operator retried, and came back before its turn, is refused', async () => {
    const lab = await openLab();
    const [id = ''] = await park(lab, 1);
    const { job_id } = await start(lab);
    await retryCommand(lab.bus, id, { actor: 'bob' });
    const [claimed] = await lab.claim(1);
    if (claimed)
      await settleSet(lab.bus, [item(claimed, { kind: 'permanent', error_code: 'AGAIN', error_message: '' })]);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE' });
    await workOnJobs(lab);
    expect(await untilEnded(lab, job_id)).toMatchObject({ done_count: 0, failed_count: 1 });
    expect(await failuresOf(lab, job_id)).toMatchObject([{ item_id: id, error_code: 'WRONG_STATE' }]);
    expect(await lab.eventsOf(id)).toMatchObject([{ actor: 'bob' }]);
  });

  test('what is parked after it was answered is no part of it', async () => {
    const lab = await openLab();
    await park(lab, 2);
    const { job_id } = await start(lab);
    await park(lab, 3);
    await workOnJobs(lab);
    expect(await untilEnded(lab, job_id)).toMatchObject({ total_count: 2, done_count: 2 });
    expect(await statuses(lab)).toEqual({ PENDING: 2, IN_TROUBLESHOOTING_QUEUE: 3 });
  });

  test('what is parked while it is being accepted is no part of it', async () => {
    const lab = await openLab();
    const [id] = await park(lab, 3);
    // As one that was parked between the beginning of the job's transaction and its look at the queue.
    await lab.rows(`update faultline.command set parked_at = now() + interval '1 hour' where command_id = $1`, [id]);
    await workOnJobs(lab);
    const { job_id, total_count } = await start(lab);
    expect(total_count).toBe(2);
    expect(await untilEnded(lab, job_id)).toMatchObject({ done_count: 2, failed_count: 0 });
  });
});

describe('T02: jobs and operators racing', () => {
  test('two jobs over the same items: each item once, and the counts of both add up', async () => {
    const lab = await openLab();
    await park(lab, 2_000);
    const jobs = await Promise.all([start(lab), start(lab, { verb: 'cancel', actor: 'bob' })]);
    await workOnJobs(lab);
    const [retried, canceled] = await Promise.all(jobs.map(({ job_id }) => untilEnded(lab, job_id)));
    expect((retried?.done_count ?? 0) + (canceled?.done_count ?? 0)).toBe(2_000);
    for (const job of [retried, canceled]) expect((job?.done_count ?? 0) + (job?.failed_count ?? 0)).toBe(2_000);
    expect(await recorded(lab)).toEqual({ events: 2_000, commands: 2_000 });
    const now = await statuses(lab);
    expect([now.PENDING ?? 0, now.CANCELED ?? 0]).toEqual([retried?.done_count, canceled?.done_count]);
    for (const { job_id } of jobs) {
      const codes = new Set((await failuresOf(lab, job_id)).map((failure) => failure.error_code));
      expect([...codes].filter((code) => code !== 'WRONG_STATE')).toEqual([]);
    }
  });

  test('an operator who is faster has it, and the job says so', async () => {
    const lab = await openLab();
    const [id = ''] = await park(lab, 5);
    const { job_id } = await start(lab, { verb: 'cancel' });
    const holding = lab.hold('in_operator_verb');
    const bob = retryCommand(lab.bus, id, { actor: 'bob' });
    await holding.reached;
    await workOnJobs(lab);
    await until('the job waits for bob', () => isWaiting(lab));
    holding.release();
    await bob;
    expect(await untilEnded(lab, job_id)).toMatchObject({ done_count: 4, failed_count: 1 });
    expect(await failuresOf(lab, job_id)).toEqual([
      {
        item_id: id,
        error_code: 'WRONG_STATE',
        error_message: 'The command is PENDING, not in the troubleshooting queue.',
      },
    ]);
    expect(await lab.eventsOf(id)).toMatchObject([{ actor: 'bob' }]);
  });
});

describe('a job that is aborted', () => {
  test('ends before its next slice; what it did stays done, and another job does the rest', async () => {
    const lab = await openLab();
    await park(lab, 1_600);
    const { job_id } = await start(lab);
    const holding = lab.hold('in_job_slice');
    await workOnJobs(lab);
    await holding.reached;
    const aborting = abortTsqJob(lab.bus, job_id, { actor: 'bob' });
    await until('the abort waits for the slice', () => isWaiting(lab));
    holding.release();
    expect(await aborting).toEqual({ job_id, status: 'ABORTED' });
    const aborted = await untilEnded(lab, job_id);
    expect(aborted).toMatchObject({ status: 'ABORTED', aborted_by: 'bob', done_count: 500, failed_count: 0 });
    expect(await statuses(lab)).toEqual({ PENDING: 500, IN_TROUBLESHOOTING_QUEUE: 1_100 });
    expect(await lab.rows('select 1 from faultline.job_slice')).toEqual([]);
    const rest = await start(lab);
    expect(await untilEnded(lab, rest.job_id)).toMatchObject({ total_count: 1_100, done_count: 1_100 });
    expect(await recorded(lab)).toEqual({ events: 1_600, commands: 1_600 });
  });

  test('needs no worker for it', async () => {
    const lab = await openLab();
    await park(lab, 1);
    const { job_id } = await start(lab);
    await abortTsqJob(lab.bus, job_id, ADA);
    expect(await readJob(lab.pool, job_id)).toMatchObject({ status: 'ABORTED', done_count: 0 });
    await workOnJobs(lab);
    await until('its command is done', async () => {
      const rows = await lab.rows(`select status from faultline.command where type = 'TsqJob'`);
      return rows[0]?.status === 'COMPLETED';
    });
    expect(await statuses(lab)).toEqual({ IN_TROUBLESHOOTING_QUEUE: 1 });
  });

  test('has not ended yet, and exists', async () => {
    const lab = await openLab();
    await workOnJobs(lab);
    await expect(abortTsqJob(lab.bus, newId(), ADA)).rejects.toThrow(NotFoundError);
    const { job_id } = await start(lab);
    expect(await untilEnded(lab, job_id)).toMatchObject({ status: 'COMPLETED', total_count: 0 });
    await expect(abortTsqJob(lab.bus, job_id, ADA)).rejects.toThrow(
      new WrongStateError('The job has ended: COMPLETED.'),
    );
  });
});

describe('a job goes on', () => {
  test('after its connection broke in a slice, or right after it: each item once, and the counts are exact', async () => {
    const lab = await openLab();
    await park(lab, 1_700);
    const { job_id } = await start(lab);
    let slices = 0;
    lab.on('in_job_slice', async () => {
      if (++slices % 2 === 1 || slices > 6) return;
      await lab.rows(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'idle in transaction'`,
      );
    });
    await workOnJobs(lab);
    expect(await untilEnded(lab, job_id)).toMatchObject({ done_count: 1_700, failed_count: 0 });
    expect(slices).toBeGreaterThan(4);
    expect(await recorded(lab)).toEqual({ events: 1_700, commands: 1_700 });
  });

  test('on another worker when its own dies: the slice that was not committed is done by the other', async () => {
    const lab = await openLab();
    await park(lab, 1_200);
    const { job_id } = await start(lab);
    const holding = lab.hold('in_job_slice');
    const first = await workOnJobs(lab);
    await holding.reached;
    await lab.rows(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and state = 'idle in transaction'`,
    );
    const stopping = first.stop();
    await workOnJobs(lab);
    holding.release();
    await stopping;
    expect(await untilEnded(lab, job_id)).toMatchObject({ done_count: 1_200, failed_count: 0 });
    expect(await recorded(lab)).toEqual({ events: 1_200, commands: 1_200 });
  });

  test('delivered twice at once: one slice after the other, each item once', async () => {
    const lab = await openLab();
    await park(lab, 1_200);
    const { job_id } = await start(lab);
    const holding = lab.hold('in_job_slice');
    await workOnJobs(lab);
    await holding.reached;
    await lab.rows(
      `insert into faultline.command (command_id, lane, domain, type, purpose, attempts_limit, max_attempts, lease_ms, backoff_ms,
         available_at, created_at, payload)
       select $1, lane, domain, type, purpose, attempts_limit, max_attempts, lease_ms, backoff_ms, now(), now(), payload
       from faultline.command where type = 'TsqJob'`,
      [newId()],
    );
    await until('the second waits for the first', () => isWaiting(lab));
    holding.release();
    expect(await untilEnded(lab, job_id)).toMatchObject({ done_count: 1_200, failed_count: 0 });
    expect(await recorded(lab)).toEqual({ events: 1_200, commands: 1_200 });
  });

  test('past items whose hook throws, or that cannot be stored: those fail, all others are done', async () => {
    const lab = await openLab({
      hooks: {
        onTransitions: async (tx, transitions) => {
          for (const { command, kind } of transitions) {
            if (kind !== 'unparked') continue;
            if (command.command_id === thrown) throw new Error('The hook \0 broke.');
            if (command.command_id === unstorable) await tx.query('select 1 / 0');
          }
          return new Set<string>();
        },
      },
    });
    const ids = await park(lab, 1_100);
    const [thrown, unstorable] = [ids[433], ids[434]];
    await workOnJobs(lab);
    const { job_id } = await start(lab);
    expect(await untilEnded(lab, job_id)).toMatchObject({ status: 'COMPLETED', done_count: 1_098, failed_count: 2 });
    const failures = await failuresOf(lab, job_id);
    expect(new Map(failures.map((failure) => [failure.item_id, failure.error_code]))).toEqual(
      new Map([
        [thrown, 'UNKNOWN_ERROR'],
        [unstorable, 'RESULT_NOT_STORABLE'],
      ]),
    );
    expect(await statuses(lab)).toEqual({ PENDING: 1_098, IN_TROUBLESHOOTING_QUEUE: 2 });
    expect(await recorded(lab)).toEqual({ events: 1_098, commands: 1_098 });
  });
});
