// The connection is lost at a COMMIT: before it reached the server, or when it had taken effect and only the answer was lost.
// Anyone who asked is told that no one knows; asking again does it once in all, and says what had become of the first time.

import { describe, expect, test } from 'vitest';
import { startTsqJob } from '../../src/bus/jobs.ts';
import { reapExpired } from '../../src/bus/reap.ts';
import { send } from '../../src/bus/send.ts';
import { settleSet } from '../../src/bus/settle.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { isConnectionError } from '../../src/db/pool.ts';
import { claimReadyCommands } from '../../src/db/queries/claims.ts';
import type { Outcome } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import { cancelBatch } from '../../src/process/cancel.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { chain, DOMAIN, openLab } from '../process/lab.ts';
import { createTestDatabase } from '../support/database.ts';
import { COMMIT, type Network, openNetwork } from '../support/network.ts';
import { until } from '../support/until.ts';

const trip = chain(['book', 'pay']);
const operator = { actor: 'ann', reason: 'because' };
const policy = { max_attempts: 1, backoff_ms: [0], lease_ms: 600_000 };

async function openShakyLab() {
  const database = await createTestDatabase();
  const network = await openNetwork(database.url);
  const lab = await openLab({ processes: [trip], database: { ...database, url: network.url } });
  const create = async () => {
    const batch_id = await lab.launch(trip, { policy });
    const launching = await lab.work({ domains: ['faultline'] });
    await until('its process is there', async () => (await lab.processes(batch_id)).length === 1);
    await launching.stop();
    const [process] = await lab.processes(batch_id);
    return { batch_id, command_id: process?.awaiting_command_id as string };
  };
  const claim = (lease_ms?: number) =>
    claimReadyCommands(lab.bus.pool, { domain: DOMAIN, lane: 0, limit: 9, claim_id: newId(), worker_id: newId() }).then(
      async (claimed) => {
        if (lease_ms === 0)
          await lab.pool.query(`update faultline.command set lease_expires_at = now() where domain = $1`, [DOMAIN]);
        return claimed;
      },
    );
  const settle = async (outcome: Outcome) => {
    const claimed = await claim();
    return settleSet(
      lab.bus,
      claimed.map((command) => ({ command, outcome, abandoned: false })),
    );
  };
  const park = async () => {
    const { command_id } = await create();
    await settle({ kind: 'permanent', error_code: 'BROKEN', error_message: 'It broke.' });
    return command_id;
  };
  return { lab, network, create, claim, park };
}

type Shaky = Awaited<ReturnType<typeof openShakyLab>>;

interface Operation {
  /** Makes what it works on; answers the operation, and how often it has taken effect. */
  prepare(shaky: Shaky): Promise<{ act(): Promise<unknown>; effects(): Promise<number> }>;
  /** What asking again answers when it had taken effect the first time. */
  again: object;
}

const WRONG_STATE = { status: 'rejected', reason: { code: 'WRONG_STATE' } };

const countOf = (shaky: Shaky, text: string, values: unknown[] = []) =>
  shaky.lab.pool.query<{ count: number }>(text, values).then(({ rows }) => rows[0]?.count as number);

const eventsOf = (shaky: Shaky, type: string, id: string) =>
  countOf(shaky, 'select count(*)::int from faultline.event where type = $1 and $2 in (command_id, batch_id)', [
    type,
    id,
  ]);

const verb = (
  type: string,
  status: string,
  act: (shaky: Shaky, command_id: string) => Promise<unknown>,
  made: (shaky: Shaky) => Promise<string> = (shaky) => shaky.park(),
): Operation => ({
  again: WRONG_STATE,
  async prepare(shaky) {
    const command_id = await made(shaky);
    return {
      act: () => act(shaky, command_id),
      async effects() {
        const events = await eventsOf(shaky, type, command_id);
        const { rows } = await shaky.lab.pool.query('select status from faultline.command where command_id = $1', [
          command_id,
        ]);
        expect(rows[0].status === status).toBe(events > 0);
        return events;
      },
    };
  },
});

const OPERATIONS: Record<string, Operation> = {
  'an operator retries': verb('OPERATOR_RETRY', 'PENDING', ({ lab }, id) => retryCommand(lab.bus, id, operator)),
  'an operator cancels': verb('OPERATOR_CANCEL', 'CANCELED', ({ lab }, id) => cancelCommand(lab.bus, id, operator)),
  'an operator completes': verb('OPERATOR_COMPLETE', 'COMPLETED', ({ lab }, id) =>
    completeCommand(lab.bus, id, operator, {}),
  ),
  'a command is cancelled that waits': verb(
    'OPERATOR_CANCEL',
    'CANCELED',
    ({ lab }, id) => cancelCommand(lab.bus, id, operator),
    async (shaky) => (await shaky.create()).command_id,
  ),
  'a command is cancelled that is under way': verb(
    'OPERATOR_CANCEL',
    'CANCELED',
    ({ lab }, id) => cancelCommand(lab.bus, id, operator),
    async (shaky) => {
      const { command_id } = await shaky.create();
      await shaky.claim();
      return command_id;
    },
  ),
  'a batch is cancelled': {
    again: WRONG_STATE,
    async prepare(shaky) {
      const { batch_id } = await shaky.create();
      return {
        act: () => cancelBatch(shaky.lab.bus, batch_id, operator),
        async effects() {
          const events = await eventsOf(shaky, 'BATCH_CANCEL_REQUESTED', batch_id);
          const jobs = `select count(*)::int from faultline.command where purpose = 'job' and batch_id = $1`;
          expect(await countOf(shaky, jobs, [batch_id])).toBe(events);
          return events;
        },
      };
    },
  },
  'a batch is launched under an idempotency key': {
    again: { status: 'fulfilled', value: { status: 'CREATING', total_count: 7 } },
    async prepare(shaky) {
      const idempotency = { key: 'once', request_hash: 'the same' };
      const request = { definition: trip, count: 7, input: { script: 'none' }, idempotency };
      return {
        act: () => launchBatch(shaky.lab.bus, request),
        async effects() {
          const batches = await countOf(shaky, 'select count(*)::int from faultline.batch');
          expect(await countOf(shaky, `select count(*)::int from faultline.command where purpose = 'chunk'`)).toBe(
            batches,
          );
          return batches;
        },
      };
    },
  },
  'a command is sent under an id of the caller': {
    again: { status: 'rejected', reason: { code: 'DUPLICATE_COMMAND' } },
    async prepare(shaky) {
      const command_id = newId();
      return {
        act: () => send(shaky.lab.bus, { command_id, domain: DOMAIN, type: 'Dobook', payload: {} }),
        effects: () =>
          countOf(shaky, 'select count(*)::int from faultline.command where command_id = $1', [command_id]),
      };
    },
  },
  'leases that ran out are reaped': {
    again: { status: 'fulfilled', value: 0 },
    async prepare(shaky) {
      const { command_id } = await shaky.create();
      await shaky.claim(0);
      return {
        act: () => reapExpired(shaky.lab.bus, 0),
        async effects() {
          const { rows } = await shaky.lab.pool.query(
            'select attempts, interruptions from faultline.command where command_id = $1',
            [command_id],
          );
          const attempts = await countOf(shaky, 'select count(*)::int from faultline.attempt where command_id = $1', [
            command_id,
          ]);
          expect(rows).toEqual([{ attempts: 1, interruptions: attempts }]);
          return attempts;
        },
      };
    },
  },
  'a set is settled': {
    again: { status: 'fulfilled', value: [] },
    async prepare(shaky) {
      const { command_id } = await shaky.create();
      const [command] = await shaky.claim();
      if (command === undefined) throw new Error('Nothing was claimed.');
      const outcome: Outcome = { kind: 'success', result: {} };
      return {
        act: () => settleSet(shaky.lab.bus, [{ command, outcome, abandoned: false }]),
        async effects() {
          const attempts = await countOf(shaky, 'select count(*)::int from faultline.attempt where command_id = $1', [
            command_id,
          ]);
          // Anyone who settled it before is not late.
          expect(
            await countOf(shaky, 'select count(*)::int from faultline.event where command_id = $1', [command_id]),
          ).toBe(0);
          expect(await countOf(shaky, `select count(*)::int from faultline.command where step = 'pay'`)).toBe(attempts);
          return attempts;
        },
      };
    },
  },
};

const LOSSES: [string, number, (network: Network) => Promise<void>][] = [
  ['it never reached the server', 0, (network) => network.loseMessage(COMMIT)],
  ['it took effect, and the answer was lost', 1, (network) => network.loseAnswerTo(COMMIT)],
];

describe.each(LOSSES)('the COMMIT: %s', (_what, effects, lose) => {
  test.each(Object.entries(OPERATIONS))('%s', async (_name, { prepare, again }) => {
    const shaky = await openShakyLab();
    const operation = await prepare(shaky);
    const lost = lose(shaky.network);
    const [first] = await Promise.allSettled([operation.act()]);
    await lost;
    expect(first).toMatchObject({ status: 'rejected' });
    expect(first).toSatisfy(({ reason }) => isConnectionError(reason));
    expect(await until('the server has ended it', async () => ({ seen: await operation.effects() }))).toEqual({
      seen: effects,
    });

    const [second] = await Promise.allSettled([operation.act()]);
    expect(second).toMatchObject(effects === 0 ? { status: 'fulfilled' } : again);
    expect(await operation.effects()).toBe(1);
  });

  test('a chunk of a batch: its processes are created, each once', async () => {
    const { lab, network } = await openShakyLab();
    let lost: Promise<void> | undefined;
    lab.onProbe = (point) => {
      if (point === 'in_chunk') lost ??= lose(network);
    };
    const batch_id = await lab.launch(trip, { count: 300 });
    await lab.work({ domains: ['faultline'] });
    await until('the chunk is settled', async () => {
      const { rows } = await lab.pool.query(`select status, result from faultline.command where purpose = 'chunk'`);
      return rows[0].status === 'COMPLETED' && rows;
    });
    await lost;
    expect((await lab.processes(batch_id)).map(({ ordinal }) => ordinal)).toEqual([...Array(300).keys()]);
    const { rows } = await lab.pool.query(`select count(*)::int from faultline.command where domain = 'lab'`);
    expect(rows).toEqual([{ count: 300 }]);
  });

  test('a slice of a job over the queue: each item is done once', async () => {
    const shaky = await openShakyLab();
    const { lab, network } = shaky;
    const ids = [await shaky.park(), await shaky.park(), await shaky.park()];
    let lost: Promise<void> | undefined;
    lab.onProbe = (point) => {
      if (point === 'in_job_slice') lost ??= lose(network);
    };
    const { job_id } = await startTsqJob(lab.bus, { verb: 'cancel', filter: { all: true }, ...operator });
    await lab.work({ domains: ['faultline'] });
    await until('the job has ended', async () => {
      const { rows } = await lab.pool.query('select status from faultline.job where job_id = $1', [job_id]);
      return rows[0].status === 'COMPLETED';
    });
    await lost;
    expect(lost).toBeDefined();
    const { rows } = await lab.pool.query('select total_count, done_count, failed_count from faultline.job');
    expect(rows).toEqual([{ total_count: 3, done_count: 3, failed_count: 0 }]);
    for (const id of ids) expect(await eventsOf(shaky, 'OPERATOR_CANCEL', id)).toBe(1);
  });
});
