// Processes that branch and loop by their state, run to their end and back again.

import { expect, test } from 'vitest';
import { z } from 'zod';
import { BusinessRuleError } from '../../src/model/errors.ts';
import { defineProcess } from '../../src/process/define.ts';
import { DOMAIN, openLab, type Script } from './lab.ts';

const state = z.looseObject({ script: z.string(), ordinal: z.int(), drawn: z.array(z.int()) });
type State = z.output<typeof state>;

const request = (key: string) => (state: Readonly<State>) => ({ script: state.script, key, ordinal: state.ordinal });

/** Draws cards until they make 21 or more; then keeps exactly 21, and folds what is more. */
const game = defineProcess({
  type: 'Game',
  version: 1,
  domain: DOMAIN,
  input: z.strictObject({ script: z.string() }),
  state,
  start: ({ script }, { ordinal }) => ({ script, ordinal, drawn: [] }),
  steps: [
    {
      key: 'draw',
      command: 'Draw',
      request: request('draw'),
      onReply: (state, { result }) => ({ ...state, drawn: [...state.drawn, (result as { card: number }).card] }),
      next: ({ drawn }) => {
        const sum = drawn.reduce((total, card) => total + card, 0);
        return sum < 21 ? 'draw' : sum === 21 ? 'keep' : 'fold';
      },
      compensate: { command: 'PutBack', request: request('draw') },
    },
    { key: 'fold', command: 'Fold', request: request('fold'), next: () => null },
    { key: 'keep', command: 'Keep', request: request('keep') },
  ],
});

const HANDS = [
  [10, 11],
  [5, 5, 5, 5, 5],
  [7, 7, 7],
  [20, 9],
];
const lab = await openLab({ processes: [game], lanes: 3 });
await lab.work();

/** The nth card of the hand that belongs to the ordinal. */
const deal: Script = ({ key, step, ordinal, purpose }) => {
  if (key !== 'draw' || purpose !== 'step') return;
  const visit = Number(step.split('#')[1] ?? 1);
  return { card: HANDS[ordinal]?.[visit - 1] };
};

test('P01: a process branches and loops by its typed state, driven by replies', async () => {
  const batch_id = await lab.launch(game, { count: HANDS.length, script: deal });
  const rows = await lab.untilProcesses(batch_id, 'COMPLETED');
  expect(rows.map(({ path }) => path)).toEqual([
    ['draw', 'draw#2', 'keep'],
    ['draw', 'draw#2', 'draw#3', 'draw#4', 'draw#5', 'fold'],
    ['draw', 'draw#2', 'draw#3', 'keep'],
    ['draw', 'draw#2', 'fold'],
  ]);
  expect(rows.map(({ state }) => state.drawn)).toEqual(HANDS);
});

test('P03: a business failure undoes every round of a loop, newest first, and only what was taken', async () => {
  const batch_id = await lab.launch(game, {
    count: HANDS.length,
    script: (call) => {
      if (call.key === 'keep') throw new BusinessRuleError('NOT_ALLOWED', 'The house wins.');
      return deal(call);
    },
  });
  const rows = await lab.untilProcesses(batch_id, ['COMPENSATED', 'COMPLETED']);
  expect(rows.map(({ status }) => status)).toEqual(['COMPENSATED', 'COMPLETED', 'COMPENSATED', 'COMPLETED']);
  const undone = rows.map((row) => lab.callsOf(row).filter((call) => call.startsWith('compensation')));
  expect(undone).toEqual([
    ['compensation draw#2', 'compensation draw'],
    [],
    ['compensation draw#3', 'compensation draw#2', 'compensation draw'],
    [],
  ]);
});
