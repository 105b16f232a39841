// Sending: with the caller's transaction or not at all, and whatever is in it comes out as it went in.

import { expect, test } from 'vitest';
import type { OutgoingCommand } from '../../src/bus/handlers.ts';
import { sendCommands } from '../../src/bus/insert.ts';
import { withTx } from '../../src/db/pool.ts';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { command, commands, openLab, policy } from './lab.ts';

test('C02: a send belongs to the transaction of its caller', async () => {
  const lab = await openLab();
  const { bus } = lab;
  const undone = withTx(bus.pool, async (tx) => {
    expect(await sendCommands(bus, tx, commands(3))).toEqual(new Set(['lab']));
    throw new Error('thought better of it');
  });
  await expect(undone).rejects.toThrow('thought better of it');
  expect(await lab.rows('select 1 from faultline.command')).toEqual([]);
  expect(await withTx(bus.pool, (tx) => sendCommands(bus, tx, []))).toEqual(new Set());
});

test('a command that is not committed yet is no one’s', async () => {
  const lab = await openLab({ handler: () => 'done' });
  const { bus } = lab;
  await lab.work({ poll_ms: 20 });
  const sent = command();
  await withTx(bus.pool, async (tx) => {
    await sendCommands(bus, tx, [sent]);
    const [other = ''] = await lab.send(command());
    await until('another one is done', async () => (await lab.commandOf(other)).status === 'COMPLETED');
    expect(await lab.rows('select 1 from faultline.command where command_id = $1', [sent.command_id])).toEqual([]);
  });
  await until('it is done', async () => (await lab.commandOf(sent.command_id)).status === 'COMPLETED');
});

test('an id that was used takes the whole send back', async () => {
  const lab = await openLab();
  const [first, second] = [command(), command()];
  await lab.send(first);
  await expect(lab.send(second, { ...first })).rejects.toMatchObject({ code: '23505' });
  expect(await lab.rows('select command_id from faultline.command')).toEqual([{ command_id: first.command_id }]);
});

test('P02: beforeSend writes in the same transaction, and what it annotates is marked', async () => {
  const lab = await openLab({
    hooks: {
      beforeSend: async (tx, sent) => {
        await tx.query(`insert into faultline.setting (key, value) values ('seen', $1)`, [sent.length]);
        return new Set(sent.slice(1).map(({ command_id }) => command_id));
      },
    },
  });
  const [plain, marked] = [command(), command()];
  await expect(lab.send({ ...plain, ...policy({ lease_ms: 1 }) })).rejects.toThrow(/lease_ms is 500 to 3600000/);
  expect(await lab.rows(`select 1 from faultline.setting where key = 'seen'`)).toEqual([]);
  await lab.send(plain, marked);
  expect(await lab.commandOf(plain.command_id)).toMatchObject({ annotated: false });
  expect(await lab.commandOf(marked.command_id)).toMatchObject({ annotated: true });
});

test('any text, payload and policy comes out as it went in', async () => {
  const seen: unknown[] = [];
  const strange = `,{}"\\ NULL 'x' $1 \u2028 😀`;
  const lab = await openLab({ handlers: { [strange]: (payload) => void seen.push(payload) } });
  const payload = { [strange]: [strange, null, 1.5, { deep: [[]] }], '': true };
  const sent: OutgoingCommand = {
    ...command({ type: strange, step: strange, reply_to: strange, payload }),
    ...policy({ max_attempts: 100, backoff_ms: [0, 86_400_000, 5], lease_ms: 3_600_000 }),
    process_id: newId(),
    batch_id: newId(),
    correlation_id: newId(),
    purpose: 'step',
    priority: -3,
  };
  const nothing = command({ type: strange, payload: undefined });
  await lab.send(sent, nothing);
  const { policy: _policy, delay_ms: _delay, state: _state, ...fields } = sent;
  expect(await lab.commandOf(sent.command_id)).toMatchObject({
    ...fields,
    status: 'PENDING',
    attempts: 0,
    attempts_limit: 100,
    max_attempts: 100,
    backoff_ms: [0, 86_400_000, 5],
    lease_ms: 3_600_000,
  });
  await lab.work();
  await until('both are done', () => seen.length === 2);
  expect(seen).toContainEqual(payload);
  expect(seen).toContainEqual({});
});
