// advance, case by case: forward, back, undoing, and what it keeps of the state.

import { describe, expect, test } from 'vitest';
import type { Reply } from '../../src/model/command.ts';
import { advance, begin } from '../../src/process/advance.ts';
import { deepFreeze, definitionOf, processRow, undoOf } from './rows.ts';

const SUCCESS: Reply = { outcome: 'SUCCESS', result: { n: 1 } };
const FAILED: Reply = { outcome: 'FAILED', error_code: 'REFUSED', error_message: 'No.' };
const CANCELED: Reply = { outcome: 'CANCELED', error_code: 'OPERATOR_CANCELED', error_message: 'Enough.' };

const chain = definitionOf([
  { key: 'a', compensate: undoOf('a') },
  { key: 'b' },
  { key: 'c', compensate: undoOf('c') },
]);

describe('begin', () => {
  test('sends the first step, and tells its request where the process stands', () => {
    const asked: unknown[] = [];
    const definition = definitionOf([
      {
        key: 'a',
        request: (...given) => {
          asked.push(...given);
          return { x: 1 };
        },
      },
    ]);
    const start = { process_id: 'p', batch_id: 'b', ordinal: 7, state: { s: 1 } };
    expect(begin(definition, start)).toEqual({ step: 'a', command: 'Doa', payload: { x: 1 }, deadline: null });
    expect(asked).toEqual([{ s: 1 }, { process_id: 'p', batch_id: 'b', ordinal: 7 }]);
  });
});

describe('a SUCCESS reply', () => {
  test('sends the step that stands next in the list', () => {
    const decision = advance(chain, processRow({ path: ['a'] }), SUCCESS, { attempted: true });
    expect(decision).toEqual({
      status: 'WAITING_FOR_REPLY',
      state: {},
      send: { purpose: 'step', step: 'b', command: 'Dob', payload: { key: 'b' } },
      undo: null,
      ending: null,
      error_code: null,
      error_message: null,
    });
  });

  test('of the last step ends the process COMPLETED and forgets an error it had', () => {
    const process = processRow({ path: ['a', 'b', 'c'], status: 'WAITING_FOR_TSQ', error_code: 'ADVANCE_FAILED' });
    expect(advance(chain, process, SUCCESS, { attempted: true })).toEqual({
      status: 'COMPLETED',
      state: {},
      send: null,
      undo: null,
      ending: null,
      error_code: null,
      error_message: null,
    });
  });

  test('changes the state by onReply, before next and request look at it', () => {
    const looked: unknown[] = [];
    const definition = definitionOf([
      {
        key: 'a',
        onReply: (state, reply) => ({ ...state, got: reply.result }),
        next: (state) => {
          looked.push(state);
          return 'b';
        },
      },
      { key: 'b', request: (state) => ({ of: state.got }) },
    ]);
    const decision = advance(definition, processRow({ state: { s: 1 } }), SUCCESS, { attempted: true });
    expect(looked).toEqual([{ s: 1, got: { n: 1 } }]);
    expect(decision.state).toEqual({ s: 1, got: { n: 1 } });
    expect(decision.send?.payload).toEqual({ of: { n: 1 } });
  });

  test('with a next goes where it says: forward, back, or to the end before the end of the list', () => {
    const goesTo = (key: string | null) => {
      const definition = definitionOf([{ key: 'a' }, { key: 'b', next: () => key }, { key: 'c' }]);
      return advance(definition, processRow({ path: ['a', 'b'] }), SUCCESS, { attempted: true });
    };
    expect(goesTo('c').send?.step).toBe('c');
    expect(goesTo('a').send?.step).toBe('a#2');
    expect(goesTo('b').send?.step).toBe('b#2');
    expect(goesTo(null)).toMatchObject({ status: 'COMPLETED', send: null });
    expect(() => goesTo('z')).toThrow('Sample version 1 has no step "z"');
  });

  test('numbers visits by how often the step was sent, whatever lies between', () => {
    const definition = definitionOf([
      { key: 'a', next: () => 'b' },
      { key: 'b', next: () => 'a' },
    ]);
    const visits = (path: string[]) =>
      advance(definition, processRow({ path }), SUCCESS, { attempted: true }).send?.step;
    expect(visits(['a', 'b'])).toBe('a#2');
    expect(visits(['a', 'b', 'a#2'])).toBe('b#2');
    expect(visits(['a', 'b', 'a#2', 'b#2'])).toBe('a#3');
  });

  test('leaves the state as it is without an onReply, or when it returns nothing', () => {
    const silent = definitionOf([{ key: 'a', onReply: () => undefined as never }]);
    expect(advance(silent, processRow({ state: { s: 1 } }), SUCCESS, { attempted: true }).state).toEqual({ s: 1 });
    expect(advance(chain, processRow({ state: { s: 1 } }), SUCCESS, { attempted: true }).state).toEqual({ s: 1 });
  });
});

describe("the launcher's behavior", () => {
  const behavior = { a: { fail_transient_pct: 1 } };
  const stateAfter = (onReply: (state: Record<string, unknown>) => Record<string, unknown>, state: object) =>
    advance(definitionOf([{ key: 'a', onReply }]), processRow({ state: { ...state } }), SUCCESS, { attempted: true })
      .state;

  test('survives an onReply that drops it, replaces it or deletes it in place', () => {
    expect(stateAfter(() => ({ n: 1 }), { behavior })).toEqual({ n: 1, behavior });
    expect(stateAfter((state) => ({ ...state, behavior: { a: null } }), { behavior })).toEqual({ behavior });
    const deleting = (state: Record<string, unknown>) => {
      delete state.behavior;
      return state;
    };
    expect(stateAfter(deleting, { behavior, n: 1 })).toEqual({ behavior, n: 1 });
  });

  test('is not invented where none was launched', () => {
    expect(stateAfter(() => ({ n: 1 }), { s: 1 })).toEqual({ n: 1 });
  });
});

describe('a FAILED or CANCELED reply', () => {
  test('turns back: the step itself is undone first, where it can be', () => {
    for (const reply of [FAILED, CANCELED]) {
      expect(
        advance(chain, processRow({ path: ['a', 'b', 'c'], state: { s: 1 } }), reply, { attempted: true }),
      ).toEqual({
        status: 'COMPENSATING',
        state: { s: 1 },
        send: { purpose: 'compensation', step: 'c', command: 'Undoc', payload: { undo: 'c' } },
        undo: 3,
        ending: 'COMPENSATED',
        error_code: reply.error_code,
        error_message: reply.error_message,
      });
    }
  });

  test('passes over steps without a compensation', () => {
    const decision = advance(chain, processRow({ path: ['a', 'b'] }), FAILED, { attempted: true });
    expect(decision).toMatchObject({ status: 'COMPENSATING', undo: 1, send: { step: 'a', command: 'Undoa' } });
  });

  test('without anything to undo ends FAILED, or CANCELED, with the cause', () => {
    const bare = definitionOf([{ key: 'a' }, { key: 'b' }]);
    const process = processRow({ path: ['a', 'b'] });
    expect(advance(bare, process, FAILED, { attempted: true })).toMatchObject({
      status: 'FAILED',
      send: null,
      undo: null,
      ending: null,
      error_code: 'REFUSED',
      error_message: 'No.',
    });
    expect(advance(bare, process, CANCELED, { attempted: true })).toMatchObject({
      status: 'CANCELED',
      error_code: 'OPERATOR_CANCELED',
    });
  });

  test('to a command never attempted leaves that step out', () => {
    expect(advance(chain, processRow({ path: ['a'] }), CANCELED, { attempted: false })).toMatchObject({
      status: 'CANCELED',
      send: null,
    });
    const decision = advance(chain, processRow({ path: ['a', 'b', 'c'] }), CANCELED, { attempted: false });
    expect(decision).toMatchObject({ status: 'COMPENSATING', undo: 1, send: { step: 'a' } });
  });

  test.each([
    ['FAILED', FAILED],
    ['CANCELED', CANCELED],
  ] as const)('with effects kept ends %s at once, however much there is to undo', (status, reply) => {
    const process = processRow({ path: ['a', 'b', 'c'], state: { s: 1 } });
    expect(advance(chain, process, reply, { attempted: true, keep_effects: true })).toEqual({
      status,
      state: { s: 1 },
      send: null,
      undo: null,
      ending: null,
      error_code: reply.error_code,
      error_message: reply.error_message,
      keep_effects: true,
    });
    // Of a success nothing is to be kept or undone.
    const decision = advance(chain, processRow({ path: ['a'] }), SUCCESS, { attempted: true, keep_effects: true });
    expect(decision.keep_effects).toBeUndefined();
  });

  test('undoes each visit of a step, newest first', () => {
    const loop = definitionOf([{ key: 'a', next: () => 'a', compensate: undoOf('a') }]);
    let process = processRow({ path: ['a', 'a#2', 'a#3'] });
    const undone: (string | undefined)[] = [];
    for (let reply: Reply = FAILED; ; reply = SUCCESS) {
      const decision = advance(loop, process, reply, { attempted: true });
      undone.push(decision.send?.step);
      if (decision.send === null) break;
      process = { ...process, ...decision, current_step: decision.send.step };
    }
    expect(undone).toEqual(['a#3', 'a#2', 'a', undefined]);
  });

  test('without a code of its own gets one', () => {
    const bare = definitionOf([{ key: 'a' }]);
    expect(advance(bare, processRow(), { outcome: 'FAILED' }, { attempted: true }).error_code).toBe('UNKNOWN_ERROR');
    expect(advance(bare, processRow(), { outcome: 'CANCELED' }, { attempted: true }).error_code).toBe(
      'OPERATOR_CANCELED',
    );
  });
});

describe('the reply of a compensation', () => {
  const undoing = processRow({
    status: 'COMPENSATING',
    path: ['a', 'b', 'c'],
    current_step: 'c',
    undo: 3,
    ending: 'COMPENSATED',
    error_code: 'REFUSED',
    error_message: 'No.',
  });

  test('SUCCESS sends the next older one and keeps the cause', () => {
    expect(advance(chain, undoing, SUCCESS, { attempted: true })).toEqual({
      status: 'COMPENSATING',
      state: {},
      send: { purpose: 'compensation', step: 'a', command: 'Undoa', payload: { undo: 'a' } },
      undo: 1,
      ending: 'COMPENSATED',
      error_code: 'REFUSED',
      error_message: 'No.',
    });
  });

  test('SUCCESS of the oldest ends COMPENSATED with the cause; its result changes no state', () => {
    const decision = advance(chain, { ...undoing, undo: 1, current_step: 'a', state: { s: 1 } }, SUCCESS, {
      attempted: true,
    });
    expect(decision).toMatchObject({ status: 'COMPENSATED', send: null, error_code: 'REFUSED', state: { s: 1 } });
  });

  test('CANCELED skips it: the rest is undone, and the process ends FAILED with COMPENSATION_SKIPPED', () => {
    const skipping = advance(chain, undoing, CANCELED, { attempted: true });
    expect(skipping).toMatchObject({
      status: 'COMPENSATING',
      send: { step: 'a' },
      undo: 1,
      ending: 'FAILED',
      error_code: 'COMPENSATION_SKIPPED',
    });
    const ended = advance(chain, { ...undoing, ...skipping, current_step: 'a' }, SUCCESS, { attempted: true });
    expect(ended).toMatchObject({ status: 'FAILED', send: null, error_code: 'COMPENSATION_SKIPPED' });
    expect(ended.error_message).toMatch(/compensation of c was skipped.*REFUSED: No\./);
  });

  test('two skipped ones still name both and the first cause', () => {
    const first = advance(chain, undoing, CANCELED, { attempted: true });
    const second = advance(chain, { ...undoing, ...first, current_step: 'a' }, CANCELED, { attempted: true });
    expect(second).toMatchObject({ status: 'FAILED', error_code: 'COMPENSATION_SKIPPED' });
    expect(second.error_message).toMatch(/of c /);
    expect(second.error_message).toMatch(/of a /);
    expect(second.error_message).toMatch(/REFUSED/);
  });
});

describe('code of the definition that throws', () => {
  const broken = () => {
    throw new Error('broken');
  };

  test('is let through from onReply, next, request and compensate.request', () => {
    const throws = (steps: Parameters<typeof definitionOf>[0], reply: Reply) =>
      expect(() => advance(definitionOf(steps), processRow(), reply, { attempted: true })).toThrow('broken');
    throws([{ key: 'a', onReply: broken }], SUCCESS);
    throws([{ key: 'a', next: broken }], SUCCESS);
    throws([{ key: 'a' }, { key: 'b', request: broken }], SUCCESS);
    throws([{ key: 'a', compensate: { command: 'Undo', request: broken } }], FAILED);
  });

  test('a step that the definition no longer has cannot be undone silently', () => {
    const process = processRow({ path: ['gone', 'a'] });
    expect(() => advance(chain, process, CANCELED, { attempted: false })).toThrow('has no step "gone"');
  });
});

test('input is not changed', () => {
  const process = deepFreeze(processRow({ path: ['a', 'b'], state: { behavior: { a: {} }, deep: { list: [1] } } }));
  for (const reply of [SUCCESS, FAILED, CANCELED].map((one) => deepFreeze({ ...one }))) {
    // Writing to what is frozen throws.
    advance(chain, process, reply, { attempted: true });
    advance(chain, deepFreeze({ ...process, undo: 1, ending: 'COMPENSATED' as const }), reply, { attempted: true });
  }
});
