// The settler sees every set through: a bad item takes no other with it, and a broken connection loses and doubles nothing.

import { describe, expect, onTestFinished, test } from 'vitest';
import type { SettleItem } from '../../src/bus/settle.ts';
import { Settler } from '../../src/bus/settler.ts';
import { createPool } from '../../src/db/pool.ts';
import type { ClaimedCommand, Outcome } from '../../src/model/command.ts';
import { createEnv, type Env, silentLogger } from '../../src/model/env.ts';
import { COMMIT } from '../support/network.ts';
import { until } from '../support/until.ts';
import { commands, item, type Lab, openLab, openTerminableLab, policy } from './lab.ts';

/** The connection that is lost on purpose is told too, as an outage. */
const ABOUT_COMMANDS = 'select 1 from faultline.event where command_id is not null';

const SUCCESS: Outcome = { kind: 'success', result: { answer: 42 } };
/** Pauses between tries are not what is tested here. */
const HURRIED: Partial<Env> = { after: (ms, callback) => createEnv(silentLogger).after(ms / 20, callback) };

/** Everything a settler said it had settled, once it was done with these items. */
async function settleAll(lab: Lab, items: readonly SettleItem[]): Promise<SettleItem[]> {
  const settled: SettleItem[] = [];
  const settler = new Settler(lab.bus, (set) => settled.push(...set.map((one) => one.item)));
  for (const one of items) settler.push(one);
  await settler.idle();
  expect(settler.backlog).toBe(0);
  return settled;
}

async function claimNew(lab: Lab, count: number, fields = {}): Promise<ClaimedCommand[]> {
  await lab.send(...commands(count, fields));
  const claimed = await lab.claim(count);
  expect(claimed).toHaveLength(count);
  return claimed;
}

function statuses(lab: Lab) {
  return lab.rows(
    'select status, park_reason, error_code, count(*) from faultline.command group by 1, 2, 3 order by count(*)',
  );
}

function nested(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function circular(): object {
  const value: { itself?: object } = {};
  value.itself = value;
  return value;
}

describe('a bad item takes no other with it', () => {
  const thrown = {
    toJSON() {
      throw new Error('not for writing');
    },
  };
  const unstorable: [string, unknown][] = [
    ['a NUL byte', 'a\0b'],
    ['a NUL byte in a key', { 'a\0b': 1 }],
    ['half of a surrogate pair', { name: '\ud83d' }],
    ['a bigint', { big: 1n }],
    ['a circle', circular()],
    ['nesting without end', nested(200_000)],
    ['a toJSON that throws', thrown],
  ];

  test('results that cannot be stored, of every kind: those are parked, the others settle', async () => {
    const lab = await openLab({ env: HURRIED });
    const claimed = await claimNew(lab, 60, { reply_to: 'asked' });
    const [bad, good] = [claimed.slice(0, unstorable.length), claimed.slice(unstorable.length)];
    const items = [
      ...good.map((one) => item(one, SUCCESS)),
      ...bad.map((one, index) => item(one, { kind: 'success', result: unstorable[index]?.[1] })),
    ];
    expect(await settleAll(lab, items)).toHaveLength(60);

    const code = 'RESULT_NOT_STORABLE';
    for (const [index, [what]] of unstorable.entries()) {
      const { command_id = '' } = bad[index] ?? {};
      const row = { what, ...(await lab.commandOf(command_id)) };
      expect(row).toMatchObject({ what, status: 'IN_TROUBLESHOOTING_QUEUE', park_reason: code, error_code: code });
      expect(await lab.attemptsOf(command_id)).toMatchObject([
        { attempt: 1, outcome: 'permanent', effect: 'TSQ', reason: code, error_code: code },
      ]);
      expect(await lab.repliesOf(command_id)).toEqual([]);
    }
    expect(await statuses(lab)).toMatchObject([{ count: bad.length }, { status: 'COMPLETED', count: good.length }]);
    expect(await lab.rows(`select 1 from faultline.reply where outcome = 'SUCCESS'`)).toHaveLength(good.length);
    expect(await lab.rows(ABOUT_COMMANDS)).toEqual([]);
  });

  test('one bad item in a set of many', async () => {
    const lab = await openLab({ env: HURRIED });
    const claimed = await claimNew(lab, 24);
    const items = claimed.map((one, index) => item(one, index === 7 ? { kind: 'success', result: '\0' } : SUCCESS));
    await settleAll(lab, items);
    expect(await statuses(lab)).toMatchObject([{ error_code: 'RESULT_NOT_STORABLE', count: 1 }, { count: 23 }]);
    expect(await lab.commandOf(claimed[7]?.command_id ?? '')).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE' });
  });

  test('every item of a set is bad', async () => {
    const lab = await openLab({ env: HURRIED });
    const claimed = await claimNew(lab, 9);
    await settleAll(
      lab,
      claimed.map((one) => item(one, { kind: 'success', result: '\0' })),
    );
    expect(await statuses(lab)).toMatchObject([{ status: 'IN_TROUBLESHOOTING_QUEUE', count: 9 }]);
  });

  test('an error code that cannot be stored', async () => {
    const lab = await openLab({ env: HURRIED });
    const claimed = await claimNew(lab, 3);
    const items = claimed.map((one, index) =>
      item(one, index === 1 ? { kind: 'transient', error_code: 'A\0B', error_message: 'It failed.' } : SUCCESS),
    );
    await settleAll(lab, items);
    expect(await statuses(lab)).toMatchObject([{ error_code: 'RESULT_NOT_STORABLE', count: 1 }, { count: 2 }]);
  });

  test('what follows from an item breaks a constraint', async () => {
    let bad = '';
    const lab = await openLab({
      env: HURRIED,
      hooks: {
        onTransitions: async (tx, transitions) => {
          const hit = transitions.some(({ kind, command }) => kind === 'replied' && command.command_id === bad);
          if (hit) await tx.query(`insert into faultline.setting (key, value) values ('lanes', '7')`);
          return new Set<string>();
        },
      },
    });
    const claimed = await claimNew(lab, 12);
    bad = claimed[3]?.command_id ?? '';
    await settleAll(
      lab,
      claimed.map((one) => item(one, SUCCESS)),
    );
    expect(await lab.commandOf(bad)).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE' });
    expect(await statuses(lab)).toMatchObject([{ error_code: 'RESULT_NOT_STORABLE', count: 1 }, { count: 11 }]);
  });

  test('an item that fails for no known reason is left to its lease, the others settle', async () => {
    let bad = '';
    const lab = await openLab({
      env: HURRIED,
      hooks: {
        onTransitions: async (_tx, transitions) => {
          if (transitions.some(({ command }) => command.command_id === bad)) throw new Error('a bug');
          return new Set<string>();
        },
      },
    });
    const claimed = await claimNew(lab, 12);
    bad = claimed[3]?.command_id ?? '';
    const settled = await settleAll(
      lab,
      claimed.map((one) => item(one, SUCCESS)),
    );
    expect(settled).toHaveLength(11);
    expect(await lab.commandOf(bad)).toMatchObject({ status: 'IN_PROGRESS' });
    expect(await lab.attemptsOf(bad)).toEqual([]);
  });

  test('a result that is nothing is null', async () => {
    const lab = await openLab();
    const claimed = await claimNew(lab, 2, { reply_to: 'asked' });
    await settleAll(lab, [
      item(claimed[0] as ClaimedCommand, { kind: 'success', result: undefined }),
      item(claimed[1] as ClaimedCommand, { kind: 'success', result: () => 'a function' }),
    ]);
    expect(await lab.rows('select status, result from faultline.command')).toEqual(
      Array(2).fill({ status: 'COMPLETED', result: null }),
    );
  });
});

test('more than one set holds is settled, each once', async () => {
  const lab = await openLab();
  const claimed = await claimNew(lab, 1_700);
  const settled = await settleAll(
    lab,
    claimed.map((one) => item(one, SUCCESS)),
  );
  expect(new Set(settled).size).toBe(1_700);
  expect(await lab.rows('select count(*), count(distinct command_id) as ids from faultline.attempt')).toEqual([
    { count: 1_700, ids: 1_700 },
  ]);
});

describe('a broken connection', () => {
  test('killed in the middle of a settle: tried again, settled once', async () => {
    const lab = await openLab({ env: HURRIED });
    const claimed = await claimNew(lab, 10, { reply_to: 'asked' });
    const settling = lab.hold('in_settle');
    const settled = settleAll(
      lab,
      claimed.map((one) => item(one, SUCCESS)),
    );
    await settling.reached;
    const killed = await lab.rows(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and state = 'idle in transaction'`,
    );
    expect(killed).toHaveLength(1);
    expect(await lab.rows('select 1 from faultline.attempt')).toEqual([]);
    settling.release();
    expect(await settled).toHaveLength(10);
    expect(await statuses(lab)).toMatchObject([{ status: 'COMPLETED', count: 10 }]);
    expect(await lab.rows('select 1 from faultline.attempt')).toHaveLength(10);
    expect(await lab.rows('select 1 from faultline.reply')).toHaveLength(10);
    expect(await lab.rows(ABOUT_COMMANDS)).toEqual([]);
  });

  test('killed after the COMMIT, before its answer: known as ours by the attempt row, and no one was late', async () => {
    const { lab, network } = await openTerminableLab({ env: HURRIED });
    const claimed = await claimNew(lab, 10, { reply_to: 'asked' });
    const lost = network.loseAnswerTo(COMMIT);
    const settled = settleAll(
      lab,
      claimed.map((one) => item(one, SUCCESS)),
    );
    await lost;
    await settled;
    expect(await statuses(lab)).toMatchObject([{ status: 'COMPLETED', count: 10 }]);
    expect(await lab.rows('select 1 from faultline.attempt')).toHaveLength(10);
    expect(await lab.rows('select 1 from faultline.reply')).toHaveLength(10);
    expect(await lab.rows(ABOUT_COMMANDS)).toEqual([]);
  });

  test('the answer is lost, and another worker has the retry before we ask again: still ours', async () => {
    const { lab, network } = await openTerminableLab({ env: HURRIED });
    const [claimed] = (await claimNew(lab, 1)) as [ClaimedCommand];
    const lost = network.loseAnswerTo(COMMIT);
    let asked = 0;
    let other: ClaimedCommand[] = [];
    lab.on('before_settle', async () => {
      if (++asked === 2) other = await lab.claim(1);
    });
    await settleAll(lab, [item(claimed, { kind: 'transient', error_code: 'LATER' })]);
    await lost;
    expect(other).toMatchObject([{ command_id: claimed.command_id, attempts: 2 }]);
    expect(await lab.commandOf(claimed.command_id)).toMatchObject({
      status: 'IN_PROGRESS',
      claim_id: other[0]?.claim_id,
    });
    expect(await lab.attemptsOf(claimed.command_id)).toMatchObject([{ attempt: 1, outcome: 'transient' }]);
    expect(await lab.eventsOf(claimed.command_id)).toEqual([]);
  });

  test('the answer is lost, and some of the set were late: each of these is told once', async () => {
    const { lab, network } = await openTerminableLab({ env: HURRIED });
    const claimed = await claimNew(lab, 6);
    const late = claimed.slice(0, 2).map(({ command_id }) => command_id);
    await lab.expire(...late);
    const lost = network.loseAnswerTo(COMMIT);
    await settleAll(
      lab,
      claimed.map((one) => item(one, SUCCESS)),
    );
    await lost;
    const events = await lab.rows('select type, command_id from faultline.event where command_id is not null');
    expect(events.map(({ command_id }) => command_id).sort()).toEqual([...late].sort());
    expect(await lab.rows(`select 1 from faultline.command where status = 'COMPLETED'`)).toHaveLength(4);
  });

  test('a database that is away is waited for', async () => {
    const { lab, network } = await openTerminableLab({ env: HURRIED });
    const claimed = await claimNew(lab, 1);
    let tries = 0;
    lab.on('before_settle', () => void tries++);
    network.down();
    const settled = settleAll(
      lab,
      claimed.map((one) => item(one, SUCCESS)),
    );
    // More often than what fails for no known reason is tried.
    await until('it was tried many times', () => tries >= 8);
    network.up();
    expect(await settled).toHaveLength(1);
    expect(await lab.rows('select 1 from faultline.attempt')).toHaveLength(1);
  });

  test('a COMMIT that is never answered is given up, and settled once on another connection', async () => {
    const { lab, network } = await openTerminableLab({ env: HURRIED });
    const claimed = await claimNew(lab, 5, { reply_to: 'asked' });
    const pool = createPool(network.url, { application_name: 'impatient', keyed_plans: true, answer_ms: 200 });
    onTestFinished(() => pool.end());
    lab.bus.pool = pool;
    let tries = 0;
    lab.on('before_settle', () => {
      if (++tries === 2) network.up();
    });
    const settling = lab.hold('in_settle');
    const settled = settleAll(
      lab,
      claimed.map((one) => item(one, SUCCESS)),
    );
    await settling.reached;
    network.silence();
    settling.release();
    await settled;
    expect(tries).toBeGreaterThan(1);
    expect(await statuses(lab)).toMatchObject([{ status: 'COMPLETED', count: 5 }]);
    expect(await lab.rows('select 1 from faultline.attempt')).toHaveLength(5);
    expect(await lab.rows('select 1 from faultline.reply')).toHaveLength(5);
    expect(await lab.rows(ABOUT_COMMANDS)).toEqual([]);
  });

  test('given up waiting: what is not written is left to its lease', async () => {
    const { lab, network } = await openTerminableLab({ env: HURRIED });
    const claimed = await claimNew(lab, 3);
    network.down();
    const settler = new Settler(lab.bus, () => {});
    for (const one of claimed) settler.push(item(one, SUCCESS));
    let tries = 0;
    lab.on('before_settle', () => void tries++);
    await until('it was tried', () => tries >= 2);
    settler.abandon();
    await settler.idle();
    expect(await lab.rows(`select 1 from faultline.command where status = 'IN_PROGRESS'`)).toHaveLength(3);
  });

  test('the answer to a claim is lost: its commands are taken again when their leases have run out', async () => {
    const ran: number[] = [];
    const { lab, network } = await openTerminableLab({
      handler: (_payload, { command }) => void ran.push(command.attempts),
    });
    const lost = network.loseAnswerTo('skip locked');
    const [id = ''] = await lab.send(...commands(1, policy({ max_attempts: 1, lease_ms: 1_000 })));
    await lab.work();
    await lost;
    await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
    expect(ran).toEqual([2]);
    expect(await lab.attemptsOf(id)).toMatchObject([
      { attempt: 1, outcome: 'lease_expired', effect: 'RETRY' },
      { attempt: 2, outcome: 'success' },
    ]);
  });
});

describe('a busy row', () => {
  /** A settle of two commands that waits for the second one, which the test holds. */
  async function settleBehind(lab: Lab, hold: 'second' | 'first') {
    const claimed = (await claimNew(lab, 2)).toSorted((a, b) => (a.command_id < b.command_id ? -1 : 1));
    const [first, second] = claimed.map(({ command_id }) => command_id);
    const other = await lab.pool.connect();
    await other.query('begin');
    const lock = (id: string | undefined) =>
      other.query('select 1 from faultline.command where command_id = $1 for update', [id]);
    await lock(hold === 'second' ? second : first);
    const settled = settleAll(
      lab,
      claimed.map((one) => item(one, SUCCESS)),
    );
    const pid = await until('the settle waits', async () => {
      const [row] = await lab.rows(
        `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
           and application_name like '% bus'`,
      );
      return row?.pid;
    });
    return { first, pid, other, lock, settled };
  }

  test('a settle that is cancelled by the server is tried again', async () => {
    const lab = await openLab({ env: HURRIED });
    const { other, pid, settled } = await settleBehind(lab, 'first');
    await lab.rows('select pg_cancel_backend($1)', [pid]);
    await other.query('rollback');
    other.release();
    expect(await settled).toHaveLength(2);
    expect(await lab.rows('select 1 from faultline.attempt')).toHaveLength(2);
  });

  test('a settle that is the victim of a deadlock is tried again', async () => {
    const lab = await openLab({ env: HURRIED });
    let deadlocks = 0;
    for (let ours = true; ours; ) {
      const { other, first, lock, settled } = await settleBehind(lab, 'second');
      // The settle has the first and waits for the second. It waited first, so it is the first to look for a deadlock, and
      // its victim, unless this connection was held up for longer than that takes: then once more.
      ours = await lock(first).then(
        () => false,
        () => true,
      );
      await other.query('rollback');
      other.release();
      expect(await settled).toHaveLength(2);
      expect(await lab.rows('select 1 from faultline.attempt')).toHaveLength(2 * ++deadlocks);
    }
  });
});
