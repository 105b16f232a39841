// A worker on a bad network: connections are cut in every place where it hurts, and still each command is settled once.

import { expect, test } from 'vitest';
import { TransientCommandError } from '../../src/model/errors.ts';
import { COMMIT } from '../support/network.ts';
import { until } from '../support/until.ts';
import { commands, commandsOfLanes, countOf, expectSettledOnce, openTerminableLab, policy } from './lab.ts';

test.each([1, 3])('answers are lost, connections cut, the database away now and then (%i lanes)', async (lanes) => {
  const count = 400;
  const { lab, network } = await openTerminableLab({
    lanes,
    handler: (_payload, { command }) => {
      // A third of them fail the first time they are really tried.
      if (Number.parseInt(command.command_id.slice(-2), 16) % 3 === 0 && command.attempts === 1)
        throw new TransientCommandError('BUSY', 'Later.');
      return { attempt: command.attempts };
    },
  });
  const lease = policy({ max_attempts: 2, lease_ms: 1_000 });
  await lab.send(
    ...(lanes === 1 ? commands(count) : commandsOfLanes(count, lanes)).map((one) => ({
      ...one,
      ...lease,
      reply_to: 'asked',
    })),
  );

  // Every few claims and settles another thing goes wrong; when all of them have, the network is good again.
  const troubles = [
    () => void network.loseAnswerTo(COMMIT),
    () => void network.loseAnswerTo('claim_ready_commands'),
    () => void network.loseAnswerTo('settle_leased'),
    () => {
      network.down();
      setTimeout(network.up, 60);
    },
    () => void network.loseAnswerTo('renew_leases'),
    () => void network.loseAnswerTo(COMMIT),
    () => void network.loseAnswerTo('lock_expired_commands'),
    () => {
      network.down();
      setTimeout(network.up, 300);
    },
    () => void network.loseAnswerTo(COMMIT),
  ];
  let passes = 0;
  for (const point of ['after_claim', 'before_settle'] as const)
    lab.on(point, () => {
      if (++passes % 4 === 0) troubles.shift()?.();
    });

  await lab.work({ slots: 10 });
  await until('all are done', async () => (await countOf(lab, 'COMPLETED')) === count, { deadline_ms: 15_000 });
  expect(troubles).toEqual([]);
  await expectSettledOnce(lab, count);
  // Interruptions took no attempt away: of two attempts one was for failing.
  expect(
    await lab.rows('select 1 from faultline.command where attempts_limit - max_attempts <> interruptions'),
  ).toEqual([]);
});
