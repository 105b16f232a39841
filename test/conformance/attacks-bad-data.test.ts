// Data that hurts: a result among five hundred that cannot be stored, with processes behind each; text and documents made to break
// what reads them. The one item is parked, its neighbours settle, and whatever can be stored comes back as it was.

import { describe, expect, test } from 'vitest';
import { reapExpired } from '../../src/bus/reap.ts';
import type { SettleItem } from '../../src/bus/settle.ts';
import { Settler } from '../../src/bus/settler.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { claimReadyCommands } from '../../src/db/queries/claims.ts';
import type { ClaimedCommand } from '../../src/model/command.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { PermanentCommandError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { command, commands, countOf, item, openLab as openBusLab } from '../bus/lab.ts';
import { chain, DOMAIN, type Lab, openLab } from '../process/lab.ts';
import { until } from '../support/until.ts';

const HURRIED = { after: (ms: number, callback: () => void) => createEnv(silentLogger).after(ms / 20, callback) };
const COUNT = 500;

/** Of what a definition makes of one reply, a NUL byte gets into the state of its process. */
const chosen = new Set<number>();
const trip = chain(['book', 'pay'], {
  code: (place, _key, state) => {
    if (place === 'onReply' && chosen.has(state.ordinal as number)) (state as { note?: string }).note = 'a\0b';
  },
});

async function claimProcesses(lab: Lab, count: number): Promise<{ batch_id: string; claimed: ClaimedCommand[] }> {
  const batch_id = await lab.launch(trip, { count });
  const launching = await lab.work({ domains: ['faultline'] });
  await until('all are created', async () => (await lab.processes(batch_id)).length === count);
  await launching.stop();
  const ids = { claim_id: newId(), worker_id: newId() };
  return {
    batch_id,
    claimed: await claimReadyCommands(lab.bus.pool, { domain: DOMAIN, lane: 0, limit: count, ...ids }),
  };
}

async function settleAll(lab: { bus: Lab['bus'] }, items: SettleItem[]): Promise<void> {
  const settler = new Settler(lab.bus, () => {});
  for (const one of items) settler.push(one);
  await settler.idle();
}

const statusesOf = async (lab: Lab) => {
  const { rows } = await lab.pool.query(
    `select p.status, p.error_code, count(*)::int from faultline.process p group by 1, 2 order by 3`,
  );
  return rows;
};

describe('one of five hundred, each with a process behind it', () => {
  test('has a result that cannot be stored', async () => {
    const lab = await openLab({ processes: [trip], env: HURRIED });
    const { claimed } = await claimProcesses(lab, COUNT);
    await settleAll(
      lab,
      claimed.map((one, index) => item(one, { kind: 'success', result: index === 321 ? { name: '\ud83d' } : {} })),
    );
    expect(await statusesOf(lab)).toEqual([
      { status: 'WAITING_FOR_TSQ', error_code: 'RESULT_NOT_STORABLE', count: 1 },
      { status: 'WAITING_FOR_REPLY', error_code: null, count: COUNT - 1 },
    ]);
    const { rows } = await lab.pool.query(`select count(*)::int from faultline.command where step = 'pay'`);
    expect(rows).toEqual([{ count: COUNT - 1 }]);
  });

  test('leads to a state that cannot be stored; retried and completed by hand it is refused in order, cancelled it ends', async () => {
    const lab = await openLab({ processes: [trip], env: HURRIED });
    const { claimed } = await claimProcesses(lab, COUNT);
    chosen.add(77);
    await settleAll(
      lab,
      claimed.map((one) => item(one, { kind: 'success', result: {} })),
    );
    expect(await statusesOf(lab)).toMatchObject([
      { status: 'WAITING_FOR_TSQ', count: 1 },
      { status: 'WAITING_FOR_REPLY', error_code: null, count: COUNT - 1 },
    ]);
    const { rows } = await lab.pool.query(
      `select awaiting_command_id as id from faultline.process where status = 'WAITING_FOR_TSQ'`,
    );
    const id = rows[0].id as string;
    await expect(completeCommand(lab.bus, id, { actor: 'ann' }, {})).rejects.toThrow();
    const { rows: after } = await lab.pool.query('select status from faultline.command where command_id = $1', [id]);
    expect(after).toEqual([{ status: 'IN_TROUBLESHOOTING_QUEUE' }]);
    await cancelCommand(lab.bus, id, { actor: 'ann', reason: 'Nothing else helps.' });
    chosen.clear();
    expect((await statusesOf(lab)).map(({ status }) => status).sort()).toEqual(['COMPENSATING', 'WAITING_FOR_REPLY']);
  });

  test('cannot be reaped, because of what follows: the others are, and it is parked', async () => {
    const lab = await openBusLab({ env: HURRIED });
    let bad = '';
    lab.bus.hooks = {
      ...lab.bus.hooks,
      onTransitions: async (tx, transitions) => {
        if (transitions.some(({ command: { command_id }, kind }) => command_id === bad && kind === 'replied'))
          await tx.query(`insert into faultline.setting (key, value) values ('lanes', '7')`);
        return new Set<string>();
      },
    };
    const ids = await lab.send(...commands(COUNT));
    bad = ids[123] as string;
    await lab.claim(COUNT);
    await lab.expire(...ids);
    for (let reaped = 1; reaped > 0; ) reaped = await reapExpired(lab.bus, 0);
    expect(await countOf(lab, 'PENDING')).toBe(COUNT);
  });
});

const breakWith = (text: string) => () => {
  throw new PermanentCommandError('BROKEN', text);
};

const TEXTS: Record<string, string> = {
  'SQL in quotes': `'; drop table faultline.command; --`,
  'a dollar quote': '$1 $$ $2::text[] {} {"a":null} \\',
  'right to left and zero width': '\u202e\u200b\ufeff\u0000'.replace('\0', ''),
  'every control character': Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)).join(''),
  'outside of the first plane': '😀🏳️‍🌈\u{10ffff}',
  'what looks like an array': '{NULL,"a\\"b",{1,2}}',
  'what looks like JSON': '{"__proto__": {"polluted": true}}',
};

describe('what can be stored comes back as it was', () => {
  test.each(Object.entries(TEXTS))('%s, in payloads, results, errors and reasons', async (_what, text) => {
    const seen: unknown[] = [];
    const lab = await openBusLab({
      handler: (payload) => {
        seen.push(payload);
        return { text, [text]: text };
      },
      handlers: { Break: breakWith(text) },
    });
    const payload = { text, [text]: [text, { [text]: text }] };
    const [done = '', broken = ''] = await lab.send(
      command({ payload, reply_to: 'asked' }),
      command({ type: 'Break', payload }),
    );
    await lab.work();
    await until(
      'both are through',
      async () => (await countOf(lab, 'PENDING')) + (await countOf(lab, 'IN_PROGRESS')) === 0,
    );
    expect(seen).toEqual([payload]);
    expect(await lab.commandOf(done)).toMatchObject({ status: 'COMPLETED', result: { text, [text]: text } });
    expect(await lab.repliesOf(done)).toMatchObject([{ result: { text, [text]: text } }]);
    expect(await lab.commandOf(broken)).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE', error_message: text });
    await cancelCommand(lab.bus, broken, { actor: text.slice(0, 60), reason: text });
    expect((await lab.eventsOf(broken)).at(-1)).toMatchObject({ type: 'OPERATOR_CANCEL', reason: text });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('keys that name the machinery of JavaScript stay data', async () => {
    const hostile = JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}, "toString": 1}',
    );
    const lab = await openBusLab({ handler: (payload) => payload });
    const [id = ''] = await lab.send(command({ payload: hostile }));
    await lab.work();
    await until('it is done', async () => (await countOf(lab, 'COMPLETED')) === 1);
    const [row] = await lab.rows(
      `select payload = result as same, result ? '__proto__' as kept from faultline.command where command_id = $1`,
      [id],
    );
    expect(row).toEqual({ same: true, kept: true });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('four thousand levels; five megabytes are too many, and hurt no one else', async () => {
    const deep = JSON.parse(`${'['.repeat(4_000)}1${']'.repeat(4_000)}`);
    const lab = await openBusLab({ handler: (payload) => payload });
    const [large = '', other = ''] = await lab.send(
      command({ payload: { large: 'x'.repeat(5_000_000) } }),
      command({ payload: { deep } }),
    );
    await lab.send(...commands(20));
    await lab.work();
    await until(
      'all are through',
      async () => (await countOf(lab, 'PENDING')) + (await countOf(lab, 'IN_PROGRESS')) === 0,
    );
    expect(await countOf(lab, 'COMPLETED')).toBe(21);
    expect(await lab.commandOf(large)).toMatchObject({ park_reason: 'RESULT_NOT_STORABLE' });
    expect(JSON.stringify((await lab.commandOf(other)).result)).toHaveLength(JSON.stringify({ deep }).length);
  });

  test('an operator’s retry of what was not storable tries it again', async () => {
    let result: unknown = '\0';
    const lab = await openBusLab({ handler: () => result, env: HURRIED });
    const [id = ''] = await lab.send(command());
    await lab.work();
    await until('it is parked', async () => (await countOf(lab, 'IN_TROUBLESHOOTING_QUEUE')) === 1);
    result = 'better';
    await retryCommand(lab.bus, id, { actor: 'ann' });
    await until('it is done', async () => (await countOf(lab, 'COMPLETED')) === 1);
  });
});
