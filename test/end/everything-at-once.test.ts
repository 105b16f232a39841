// Everything at once: every fault on every step, code that throws, compensations that fail, operators who retry, cancel and
// complete at random, workers that come and go, and a cancellation. At the end nothing is lost and nothing is doubled, and no
// status ever changed in a way that is not in the tables.

import { expect, test } from 'vitest';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { PermanentCommandError, WrongStateError } from '../../src/model/errors.ts';
import { TERMINAL_BATCH_STATUSES } from '../../src/model/process.ts';
import { cancelBatch } from '../../src/process/cancel.ts';
import { chain, openLab, type Place, type Script } from '../process/lab.ts';
import { createDraw, SEED } from '../support/random.ts';
import { until } from '../support/until.ts';
import { failedChecks, findMissingCompensations, findViolations } from './story.ts';

const KEYS = ['query', 'aggregate', 'render', 'send'];
const UNDOABLE = ['query', 'render', 'send'];
const OPERATORS = 4;

const faults = {
  fail_permanent_pct: 4,
  fail_transient_pct: 15,
  fail_business_rule_pct: 4,
  timeout_pct: 3,
  crash_pct: 2,
  connection_lost_pct: 3,
  lost_ack_pct: 2,
  duplicate_pct: 5,
  corrupt_reply_pct: 5,
  max_duration_ms: 20,
  duration_shape: 'lognormal',
  delay_failures: true,
};
const behavior = Object.fromEntries(KEYS.map((key) => [key, faults]));

test.each([
  ['on one lane', 1, SEED],
  ['on three lanes', 3, SEED + 1],
])('%s', { timeout: 60_000 }, async (_, lanes, seed) => {
  const draw = createDraw(seed);
  const code = (place: Place, key: string, state: Record<string, unknown>) => {
    // Not while launching: chunks of which one process in a hundred throws would be tried again forever.
    if (place === 'start' || (place === 'request' && key === 'query')) return;
    if ((state.ordinal as number) % 17 === 0 && draw() < 0.3) throw new Error(`${place} throws`);
  };
  const definition = chain(KEYS, { undo: UNDOABLE, code });
  // The same without what throws at random: what was thrown is recorded.
  const replayable = chain(KEYS, { undo: UNDOABLE });
  const script: Script = ({ purpose, ordinal }) => {
    if (purpose === 'compensation' && ordinal % 7 === 0 && draw() < 0.5)
      throw new PermanentCommandError('STUCK', 'Stuck.');
  };
  // Real timers: an injected timeout must outlast its lease.
  const lab = await openLab({ processes: [definition], lanes, env: { after: createEnv(silentLogger).after } });
  const launch = () =>
    lab.launch(definition, {
      count: 250,
      script,
      behavior,
      seed: `everything-${seed}`,
      policy: { max_attempts: 3, backoff_ms: [0, 10], lease_ms: 500 },
    });
  const batches = [await launch(), await launch()] as const;
  const workers = [await lab.work({ slots: 20 }), await lab.work({ slots: 20 })];

  const open = async () => {
    const { rows } = await lab.pool.query(`select status from faultline.batch where status <> all($1)`, [
      TERMINAL_BATCH_STATUSES,
    ]);
    return rows.length > 0;
  };
  const verbs = { retry: 0, cancel: 0, complete: 0, lost: 0 };
  const operate = async (actor: string) => {
    while (await open()) {
      const { rows } = await lab.pool.query<{ command_id: string }>(
        `select awaiting_command_id as command_id from faultline.process where status = 'WAITING_FOR_TSQ'
         order by updated_at limit 20`,
      );
      for (const { command_id } of rows) {
        const choice = draw();
        const verb = choice < 0.5 ? 'retry' : choice < 0.75 ? 'cancel' : 'complete';
        verbs[verb]++;
        const operated =
          verb === 'retry'
            ? retryCommand(lab.bus, command_id, { actor })
            : verb === 'cancel'
              ? cancelCommand(lab.bus, command_id, { actor, reason: 'Enough.' })
              : completeCommand(lab.bus, command_id, { actor }, { by: actor });
        // Operators race for the same commands: of those who lose, each is told so.
        await operated.catch((error) => {
          if (!(error instanceof WrongStateError)) throw error;
          verbs.lost++;
        });
      }
      if (rows.length === 0)
        await until('there is work for an operator', async () => !(await open()) || (await waiting()));
    }
  };
  const waiting = async () => {
    const { rows } = await lab.pool.query(`select 1 from faultline.process where status = 'WAITING_FOR_TSQ' limit 1`);
    return rows.length > 0;
  };

  const operators = Array.from({ length: OPERATORS }, (__, n) => operate(`operator ${n}`));
  await until('some of the first batch is done', async () => {
    const { rows } = await lab.pool.query(
      `select count(*)::int as ended from faultline.process where batch_id = $1 and completed_at is not null`,
      [batches[0]],
    );
    return rows[0].ended >= 60;
  });
  // One worker is replaced in the middle of its work, and one batch cancelled.
  await workers[1]?.stop();
  await lab.work({ slots: 20 });
  await cancelBatch(lab.bus, batches[1], { actor: 'ann', reason: 'Enough.' }).catch((error) => {
    if (!(error instanceof WrongStateError)) throw error;
  });
  await Promise.all(operators);

  expect(
    verbs.retry > 0 && verbs.cancel > 0 && verbs.complete > 0,
    `every verb was used: ${JSON.stringify(verbs)}`,
  ).toBe(true);
  const { rows: statuses } = await lab.pool.query('select distinct status from faultline.process order by status');
  expect(
    statuses.map(({ status }) => status),
    `seed ${seed}`,
  ).toEqual(expect.arrayContaining(['COMPENSATED', 'COMPLETED']));
  for (const batch_id of batches) {
    expect(await findViolations(lab.pool, batch_id), `seed ${seed}`).toEqual([]);
    expect(await failedChecks(lab.pool, batch_id, replayable), `seed ${seed}`).toEqual([]);
    expect(await findMissingCompensations(lab.pool, batch_id, UNDOABLE), `seed ${seed}`).toEqual([]);
    const told = (await lab.events({ batch_id })).map(({ type }) => type);
    expect(told.filter((type) => type === 'BATCH_COMPLETED')).toEqual(['BATCH_COMPLETED']);
  }
});
