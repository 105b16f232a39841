// Two attempts of one command that end together: the one whose lease was lost and the one that took its place come to be
// settled in one set. Only the claim tells them apart, and only one of them counts.

import { beforeAll, describe, expect, test } from 'vitest';
import type { OutgoingCommand } from '../../src/bus/handlers.ts';
import { sendCommands } from '../../src/bus/insert.ts';
import { reapExpired } from '../../src/bus/reap.ts';
import { settleSet } from '../../src/bus/settle.ts';
import { withTx } from '../../src/db/pool.ts';
import { claimReadyCommands, expireWorkerLeases } from '../../src/db/queries/claims.ts';
import type { ClaimedCommand, Outcome } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { chain, DOMAIN, openLab } from './lab.ts';

const trip = chain(['book', 'pay']);
const lab = await openLab({ processes: [trip] });
const SUCCESS: Outcome = { kind: 'success', result: { by: 'the one that counts' } };
const TRANSIENT: Outcome = { kind: 'transient', error_code: 'BUSY', error_message: 'Later.' };
const PERMANENT: Outcome = { kind: 'permanent', error_code: 'BROKEN', error_message: 'It broke.' };

beforeAll(async () => {
  await lab.work({ domains: ['faultline'] });
});

const claim = async (worker_id: string): Promise<ClaimedCommand> => {
  const [claimed] = await claimReadyCommands(lab.bus.pool, {
    domain: DOMAIN,
    lane: 0,
    limit: 1,
    claim_id: newId(),
    worker_id,
  });
  return claimed as ClaimedCommand;
};

/** The same command under a lost claim and under the one that holds. */
async function overtaken(): Promise<[ClaimedCommand, ClaimedCommand]> {
  const worker_id = newId();
  const lost = await claim(worker_id);
  await expireWorkerLeases(lab.pool, worker_id);
  await reapExpired(lab.bus, 0);
  // The worker that launches reaps too: what it has locked just now is passed over here.
  const held = await until('it can be claimed again', () => claim(worker_id));
  expect(held.command_id).toBe(lost.command_id);
  return [lost, held];
}

const settle = (...outcomes: [ClaimedCommand, Outcome][]) =>
  settleSet(
    lab.bus,
    outcomes.map(([command, outcome]) => ({ command, outcome, abandoned: false })),
  );

const attemptsOf = async ({ command_id }: ClaimedCommand) => {
  const { rows } = await lab.pool.query(
    'select attempt, outcome from faultline.attempt where command_id = $1 order by attempt',
    [command_id],
  );
  return rows.map(({ attempt, outcome }) => `${attempt} ${outcome}`);
};

describe.each([
  ['the lost one first', false],
  ['the lost one last', true],
])('%s', (_, turned) => {
  const inOrder = <T>(lost: T, held: T): [T, T] => (turned ? [held, lost] : [lost, held]);

  test('the process advances once, with the result that counts', async () => {
    const batch_id = await lab.launch(trip);
    await lab.untilProcess(batch_id, 'WAITING_FOR_REPLY');
    const [lost, held] = await overtaken();
    const late: Outcome = { kind: 'success', result: { by: 'the late one' } };
    const settled = await settle(...inOrder<[ClaimedCommand, Outcome]>([lost, late], [held, SUCCESS]));
    expect(settled.map(({ item }) => item.command.claim_id)).toEqual([held.claim_id]);
    const [process] = await lab.processes(batch_id);
    expect(process).toMatchObject({ path: ['book', 'pay'], state: { done: ['book'] } });
    expect((await lab.commands({ process_id: process?.process_id as string }))[0]).toMatchObject({
      result: SUCCESS.result,
    });
    expect(await attemptsOf(held)).toEqual(['1 lease_expired', '2 success']);
    expect(await lab.events({ process_id: process?.process_id as string })).toMatchObject([
      { type: 'LATE_RESULT_DISCARDED', attempt: 1 },
    ]);
    // Leaves nothing for the next test to claim.
    const next = await claim(newId());
    await settle([next, SUCCESS]);
  });

  test('a late permanent failure does not park a process whose command is tried again', async () => {
    const batch_id = await lab.launch(trip);
    await lab.untilProcess(batch_id, 'WAITING_FOR_REPLY');
    const [lost, held] = await overtaken();
    await settle(...inOrder<[ClaimedCommand, Outcome]>([lost, PERMANENT], [held, TRANSIENT]));
    const [process] = await lab.processes(batch_id);
    expect(process).toMatchObject({ status: 'WAITING_FOR_REPLY', error_code: null });
    expect((await lab.commands({ process_id: process?.process_id as string }))[0]).toMatchObject({ status: 'PENDING' });
    for (const __ of ['book', 'pay']) await settle([await claim(newId()), SUCCESS]);
  });

  test('the sender of a standalone command is told once', async () => {
    const command: OutgoingCommand = {
      command_id: newId(),
      lane: 0,
      domain: DOMAIN,
      type: 'Dobook',
      purpose: 'standalone',
      priority: 5,
      payload: {},
      policy: { max_attempts: 3, backoff_ms: [0], lease_ms: 30_000 },
      delay_ms: 0,
      process_id: null,
      batch_id: null,
      step: null,
      correlation_id: null,
      reply_to: 'answers',
      state: null,
    };
    await withTx(lab.bus.pool, (tx) => sendCommands(lab.bus, tx, [command]));
    const [lost, held] = await overtaken();
    await settle(...inOrder<[ClaimedCommand, Outcome]>([lost, SUCCESS], [held, SUCCESS]));
    const { rows } = await lab.pool.query('select outcome from faultline.reply where command_id = $1', [
      held.command_id,
    ]);
    expect(rows).toEqual([{ outcome: 'SUCCESS' }]);
  });
});
