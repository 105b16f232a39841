// A worker process that is killed outright: everything it had is delivered again, and nothing is settled twice.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { newId } from '../../src/model/ids.ts';
import { builtFolder } from '../support/built.ts';
import { until } from '../support/until.ts';
import { commands, countOf, expectSettledOnce, type Lab, openLab, policy } from './lab.ts';

const SCRIPT = fileURLToPath(new URL('./worker-process.mjs', import.meta.url));
const SLOW = { deadline_ms: 15_000 };

beforeAll(async () => {
  await builtFolder();
});

interface Victim {
  worker_id: string;
  kill(): Promise<void>;
}

/** Starts a worker process; killed at the latest when the test ends. */
function startVictim(lab: Lab, replaces?: string): Victim {
  const worker_id = newId();
  const args = [SCRIPT, lab.url, worker_id, ...(replaces ? [replaces] : [])];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  const gone = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    worker_id,
    async kill() {
      expect(child.exitCode).toBeNull();
      child.kill('SIGKILL');
      expect(await gone).toEqual([null, 'SIGKILL']);
    },
  };
}

test('killed while it holds attempts: each is an interruption, and is done by the successor', async () => {
  const lab = await openLab({ handler: (_payload, { command }) => ({ attempt: command.attempts }) });
  const held = await lab.send(...commands(30, { reply_to: 'asked', payload: { hold: true } }));
  await lab.send(...commands(100, { reply_to: 'asked' }));
  const victim = startVictim(lab);
  await until(
    'the others are done while it holds these',
    async () => (await countOf(lab, 'IN_PROGRESS')) === 30 && (await countOf(lab, 'COMPLETED')) === 100,
    SLOW,
  );
  await victim.kill();
  // Its leases are good for ten minutes yet.
  expect(await countOf(lab, 'IN_PROGRESS')).toBe(30);
  await lab.work({ replaces: victim.worker_id });
  await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === 130);
  await expectSettledOnce(lab, 130);
  for (const id of held) {
    expect(await lab.commandOf(id)).toMatchObject({ attempts: 2, attempts_limit: 4, result: { attempt: 2 } });
    expect(await lab.attemptsOf(id)).toMatchObject([
      { outcome: 'lease_expired', effect: 'RETRY', error_code: 'LEASE_EXPIRED', worker_id: victim.worker_id },
      { outcome: 'success', effect: 'COMPLETED' },
    ]);
  }
});

test('killed three times in the middle of everything: nothing is lost, nothing is settled twice', {
  timeout: 60_000,
}, async () => {
  const each = 1_300;
  const count = 3 * each;
  const lab = await openLab({ handler: () => 'done' });
  let victim: Victim | undefined;
  for (const turn of ['first', 'second', 'third']) {
    // For each its own, so that each has something to do, however much the one before it did before it was killed.
    // A claim that the server commits after its worker is gone, and forgotten, has only its lease to end it.
    await lab.send(...commands(each, { reply_to: 'asked', ...policy({ lease_ms: 3_000 }) }));
    victim = startVictim(lab, victim?.worker_id);
    const { worker_id } = victim;
    // By then it has ended the leases of the one before it.
    const busy = async () =>
      (await lab.rows('select 1 from faultline.attempt where worker_id = $1', [worker_id])).length;
    await until(`the ${turn} is in the middle of it`, async () => (await busy()) >= 300, { ...SLOW, every_ms: 2 });
    await victim.kill();
  }
  await lab.work({ replaces: victim?.worker_id });
  await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === count, SLOW);
  await expectSettledOnce(lab, count);
});
