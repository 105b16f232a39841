// Executing: whatever a handler, a middleware or a hook does, it becomes one outcome, and the worker lives.

import { expect, test } from 'vitest';
import type { Handler, Middleware } from '../../src/bus/handlers.ts';
import { HandlerRegistry } from '../../src/bus/handlers.ts';
import {
  BusinessRuleError,
  CommandError,
  ConfigurationError,
  PermanentCommandError,
  TransientCommandError,
} from '../../src/model/errors.ts';
import { signal, until } from '../support/until.ts';
import { command, commands, type Lab, type LabOptions, openLab, policy } from './lab.ts';

/** What became of one command, tried once, that `handler` executed. */
async function outcomeOf(handler: Handler<unknown>, options: LabOptions = {}) {
  const lab = await openLab({ handler, ...options });
  const [id = ''] = await lab.send(command(policy({ max_attempts: 1 })));
  await lab.work();
  await untilSettled(lab, 1);
  const row = await lab.commandOf(id);
  const [attempt] = await lab.attemptsOf(id);
  return { lab, id, row, attempt };
}

function untilSettled(lab: Lab, count: number): Promise<unknown> {
  return until('they are settled', async () => {
    const rows = await lab.rows('select 1 from faultline.command where settled_at is not null');
    return rows.length === count;
  });
}

class NotFunny extends CommandError {}

/** As another copy of the package makes them: in another version, or for require beside import. */
const other: typeof import('../../src/model/errors.ts') = await import(`${'../../src/model/errors.ts'}?copy`);
const BRAND = Symbol.for('faultline.error');

const THROWN: [string, unknown, object][] = [
  [
    'a BusinessRuleError of another copy',
    new other.BusinessRuleError('NO', 'No.'),
    { error_code: 'NO', error_message: 'No.', status: 'FAILED', park_reason: null },
  ],
  [
    'a PermanentCommandError of another copy',
    new other.PermanentCommandError('GONE', 'Never.'),
    { error_code: 'GONE', error_message: 'Never.', park_reason: 'PERMANENT' },
  ],
  [
    'a TransientCommandError of another copy',
    new other.TransientCommandError('BUSY', 'Later.'),
    { error_code: 'BUSY', error_message: 'Later.', park_reason: 'EXHAUSTED' },
  ],
  [
    'an error of a kind that only a newer copy knows',
    Object.assign(new Error('Odd.'), { [BRAND]: ['CommandError', 'SomeNewError'], code: 'NEW' }),
    { error_code: 'NEW', error_message: 'Odd.', park_reason: 'EXHAUSTED' },
  ],
  [
    'what only looks like an error of ours',
    { [BRAND]: ['CommandError', 'PermanentCommandError'], code: 7 },
    { error_code: 'UNKNOWN_ERROR', park_reason: 'PERMANENT' },
  ],
  [
    'what throws when it is asked for its kind',
    new Proxy(new Error('x'), {
      get: () => {
        throw new Error('no');
      },
      getPrototypeOf: () => {
        throw new Error('no');
      },
    }),
    { error_code: 'UNKNOWN_ERROR' },
  ],
  ['a TransientCommandError', new TransientCommandError('BUSY', 'Later.'), { error_code: 'BUSY' }],
  [
    'a PermanentCommandError',
    new PermanentCommandError('GONE', 'Never.'),
    { error_code: 'GONE', park_reason: 'PERMANENT' },
  ],
  [
    'a BusinessRuleError',
    new BusinessRuleError('NO', 'No.'),
    { error_code: 'NO', status: 'FAILED', park_reason: null },
  ],
  ['a CommandError of its own', new NotFunny('HA', 'Ha.'), { error_code: 'HA', park_reason: 'EXHAUSTED' }],
  ['an Error', new RangeError('too far'), { error_code: 'UNKNOWN_ERROR', error_message: 'RangeError: too far' }],
  ['a string', 'just so', { error_code: 'UNKNOWN_ERROR', error_message: 'just so' }],
  ['nothing', undefined, { error_code: 'UNKNOWN_ERROR', error_message: 'undefined' }],
  ['an object', { code: 7 }, { error_code: 'UNKNOWN_ERROR', error_message: '{ code: 7 }' }],
  ['an object without prototype', Object.create(null), { error_code: 'UNKNOWN_ERROR' }],
  ['a symbol', Symbol('s'), { error_code: 'UNKNOWN_ERROR', error_message: 'Symbol(s)' }],
  [
    'an error that throws when looked at',
    Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('no');
      },
    }),
    { error_code: 'UNKNOWN_ERROR', error_message: 'What was thrown cannot be put into words.' },
  ],
  ['a message with a NUL byte', new Error('a\0b'), { error_code: 'UNKNOWN_ERROR', error_message: 'Error: ab' }],
  [
    'an Error with a cause',
    new Error('Cannot write file', { cause: new Error('ENOSPC: no space left on device, write') }),
    { error_code: 'UNKNOWN_ERROR', error_message: 'Error: Cannot write file: ENOSPC: no space left on device, write' },
  ],
  ['a novel', new Error('x'.repeat(5_000)), { error_message: `Error: ${'x'.repeat(1_993)}` }],
];

test('whatever is thrown becomes an outcome', async () => {
  const lab = await openLab({
    handler: (payload) => {
      throw THROWN[(payload as { index: number }).index]?.[1];
    },
  });
  const ids = await lab.send(
    ...THROWN.map((_, index) => command({ payload: { index }, ...policy({ max_attempts: 1 }) })),
  );
  await lab.work();
  await untilSettled(lab, THROWN.length);
  for (const [index, [what, , expected]] of THROWN.entries()) {
    const defaults = { what, status: 'IN_TROUBLESHOOTING_QUEUE', park_reason: 'EXHAUSTED' };
    expect({ what, ...(await lab.commandOf(ids[index] as string)) }).toMatchObject({ ...defaults, ...expected });
  }
});

test('rejected is as good as thrown', async () => {
  const { row } = await outcomeOf(() => Promise.reject(new PermanentCommandError('GONE', 'Never.')));
  expect(row).toMatchObject({ error_code: 'GONE', park_reason: 'PERMANENT' });
});

test('an unknown failure is tried again', async () => {
  let calls = 0;
  const lab = await openLab({
    handler: () => {
      if (++calls < 3) throw new TypeError('not yet');
      return calls;
    },
  });
  const [id = ''] = await lab.send(command(policy({ max_attempts: 3 })));
  await lab.work();
  await untilSettled(lab, 1);
  expect((await lab.attemptsOf(id)).map(({ outcome, effect }) => [outcome, effect])).toEqual([
    ['transient', 'RETRY'],
    ['transient', 'RETRY'],
    ['success', 'COMPLETED'],
  ]);
});

test('a handler is given its payload and its command', async () => {
  const seen: unknown[] = [];
  const { id } = await outcomeOf((payload, { command, signal }) => {
    seen.push(payload, command.command_id, command.attempts, signal.aborted);
  });
  expect(seen).toEqual([{}, id, 1, false]);
});

test('middleware runs in order around the handler, and may change what it returns', async () => {
  const order: string[] = [];
  const layer = (name: string): Middleware => {
    return async ({ command }, next) => {
      order.push(`${name} before ${command.type}`);
      const result = await next();
      order.push(`${name} after ${result}`);
      return `${name}(${result})`;
    };
  };
  const { row } = await outcomeOf(
    () => {
      order.push('handler');
      return 'done';
    },
    { hooks: { middleware: [layer('outer'), layer('inner')] } },
  );
  expect(order).toEqual([
    'outer before Work',
    'inner before Work',
    'handler',
    'inner after done',
    'outer after inner(done)',
  ]);
  expect(row.result).toBe('outer(inner(done))');
});

test('middleware may answer in the place of the handler, and what it throws counts like a handler’s', async () => {
  let handled = 0;
  const middleware: Middleware[] = [
    async ({ command }, next) => {
      if (command.type === 'Answered') return 'by middleware';
      if (command.type === 'Refused') throw new BusinessRuleError('NO', 'No.');
      return next();
    },
  ];
  const handler = () => void handled++;
  const lab = await openLab({ handler, handlers: { Answered: handler, Refused: handler }, hooks: { middleware } });
  const [answered = '', refused = ''] = await lab.send(
    command({ type: 'Answered' }),
    command({ type: 'Refused' }),
    command(),
  );
  await lab.work();
  await untilSettled(lab, 3);
  expect(handled).toBe(1);
  expect(await lab.commandOf(answered)).toMatchObject({ status: 'COMPLETED', result: 'by middleware' });
  expect(await lab.commandOf(refused)).toMatchObject({ status: 'FAILED', error_code: 'NO' });
});

test('only annotated commands are shown to beforeExecute, once a set, and middleware gets what it said', async () => {
  const asked: string[][] = [];
  const seen = new Map<string, unknown>();
  const lab = await openLab({
    handler: () => null,
    hooks: {
      beforeSend: async (_tx, sent) =>
        new Set(sent.filter(({ priority }) => priority === 4).map(({ command_id }) => command_id)),
      beforeExecute: async (claimed) => {
        asked.push(claimed.map(({ command_id }) => command_id));
        return new Map(claimed.map(({ command_id }) => [command_id, `said of ${command_id}`]));
      },
      middleware: [
        async ({ command, annotation }, next) => {
          seen.set(command.command_id, annotation);
          return next();
        },
      ],
    },
  });
  const annotated = await lab.send(...commands(3, { priority: 4 }));
  const plain = await lab.send(...commands(3));
  await lab.work();
  await untilSettled(lab, 6);
  expect(asked.map((set) => set.sort())).toEqual([annotated.sort()]);
  for (const id of annotated) expect(seen.get(id)).toBe(`said of ${id}`);
  for (const id of plain) expect(seen.get(id)).toBeUndefined();
});

test('when beforeExecute fails no handler runs, and the set is given back', async () => {
  let failures = 0;
  let handled = 0;
  const lab = await openLab({
    handler: () => void handled++,
    hooks: {
      beforeSend: async (_tx, sent) => new Set(sent.map(({ command_id }) => command_id)),
      beforeExecute: async () => {
        if (failures++ < 2) throw new Error('cannot be asked');
        return new Map();
      },
    },
  });
  const sent = await lab.send(...commands(4, policy({ max_attempts: 1 })));
  await lab.work();
  await untilSettled(lab, 4);
  expect(handled).toBe(4);
  for (const id of sent) {
    const attempts = await lab.attemptsOf(id);
    expect(attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'released'],
      [2, 'released'],
      [3, 'success'],
    ]);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'COMPLETED', attempts_limit: 3, interruptions: 0 });
  }
});

test('while beforeExecute fails, commands are not taken and given back as fast as can be', async () => {
  const pauses: number[] = [];
  const asked = signal('beforeExecute was asked five times');
  let times = 0;
  const lab = await openLab({
    handler: () => null,
    listen: false,
    env: {
      after: (ms, callback, { unref = false } = {}) => {
        pauses.push(ms);
        const timer = setTimeout(callback, ms / 20);
        if (unref) timer.unref();
        return { clear: () => clearTimeout(timer) };
      },
    },
    hooks: {
      beforeSend: async (_tx, sent) => new Set(sent.map(({ command_id }) => command_id)),
      beforeExecute: async () => {
        if (++times === 5) asked.fire();
        throw new Error('cannot be asked');
      },
    },
  });
  await lab.send(command());
  await lab.work({ poll_ms: 60_000 });
  await asked.promise;
  // Four pauses between five times, each longer than the one before.
  expect(pauses.filter((ms) => [100, 200, 400, 800].includes(ms))).toEqual([100, 200, 400, 800]);
});

test('an attempt may wait, and stops waiting when it is told to', async () => {
  const waiting = signal('it waits');
  const lab = await openLab({
    handler: () => 'not reached',
    hooks: {
      middleware: [
        async (attempt, next) => {
          if (attempt.command.attempts > 1) return 'waited no more';
          await attempt.wait(1);
          waiting.fire();
          await attempt.wait(3_600_000);
          return next();
        },
      ],
    },
  });
  const [id = ''] = await lab.send(command());
  const first = await lab.work();
  await waiting.promise;
  await first.stop();
  await lab.work();
  await untilSettled(lab, 1);
  expect(await lab.commandOf(id)).toMatchObject({ result: 'waited no more', attempts: 2 });
});

test('two handlers of one type are a mistake of the program, told at once', () => {
  const registry = new HandlerRegistry().register('lab', 'Work', () => null);
  expect(() => registry.register('lab', 'Work', () => null)).toThrow(ConfigurationError);
  expect(registry.register('lab', 'Other', () => null).domains()).toEqual(['lab']);
});
