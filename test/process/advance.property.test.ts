// advance against a model: random definitions, random replies. The model knows only the rules in words:
// forward while replies succeed, then everything attempted is undone, newest first, and the ending says what happened.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reply, ReplyOutcome } from '../../src/model/command.ts';
import {
  PROCESS_TRANSITIONS,
  type ProcessRow,
  type ProcessStatus,
  TERMINAL_PROCESS_STATUSES,
} from '../../src/model/process.ts';
import { advance, type Decision } from '../../src/process/advance.ts';
import type { AnyProcessDefinition } from '../../src/process/define.ts';
import { atLeast } from '../support/random.ts';
import { deepFreeze, definitionOf, processRow, undoOf } from './rows.ts';

interface Shape {
  /** By step: can it be undone, and where does it go on its n-th visit (null: the end; absent: the next in the list). */
  steps: { undo: boolean; goes: (number | null)[] | null; forgets: boolean }[];
}

interface Answer {
  outcome: ReplyOutcome;
  /** False: cancelled before any attempt. Only a cancellation can say so. */
  attempted: boolean;
  /** Its command was parked before: the process waited for an operator meanwhile. */
  parked: boolean;
}

const KEYS = ['a', 'b', 'c', 'd', 'e'];
const MAX_VISITS = 12;

const shapes: fc.Arbitrary<Shape> = fc.integer({ min: 1, max: KEYS.length }).chain((count) =>
  fc.record({
    steps: fc.array(
      fc.record({
        undo: fc.boolean(),
        goes: fc.option(fc.array(fc.option(fc.nat(count - 1)), { minLength: 1, maxLength: 3 }), { freq: 2 }),
        forgets: fc.boolean(),
      }),
      { minLength: count, maxLength: count },
    ),
  }),
);

const answers: fc.Arbitrary<Answer[]> = fc.array(
  fc
    .record({
      outcome: fc.oneof(
        { weight: 6, arbitrary: fc.constant<ReplyOutcome>('SUCCESS') },
        { weight: 1, arbitrary: fc.constant<ReplyOutcome>('FAILED') },
        { weight: 1, arbitrary: fc.constant<ReplyOutcome>('CANCELED') },
      ),
      attempted: fc.boolean(),
      parked: fc.boolean(),
    })
    .map((answer) => ({ ...answer, attempted: answer.attempted || answer.outcome !== 'CANCELED' })),
  { minLength: 1, maxLength: 40 },
);

const behaviors = fc.option(fc.record({ a: fc.record({ fail_transient_pct: fc.nat(100) }) }));

function build(shape: Shape): AnyProcessDefinition {
  return definitionOf(
    shape.steps.map(({ undo, goes, forgets }, index) => {
      const key = KEYS[index] as string;
      return {
        key,
        // What was done is in the state, in order; a forgetful step drops whatever else was there.
        onReply: (state) => ({ ...(forgets ? {} : state), done: [...doneOf(state), key] }),
        ...(goes === null ? {} : { next: (state) => keyOf(targetOf(goes, key, doneOf(state))) }),
        ...(undo ? { compensate: undoOf(key) } : {}),
      };
    }),
  );
}

const doneOf = (state: Readonly<Record<string, unknown>>) => (state.done ?? []) as string[];
const keyOf = (index: number | null) => (index === null ? null : (KEYS[index] as string));

/** Where a step goes after `done`; loops end after so many steps. */
function targetOf(goes: (number | null)[], key: string, done: string[]): number | null {
  if (done.length >= MAX_VISITS) return null;
  const visits = done.filter((one) => one === key).length;
  return goes[(visits - 1) % goes.length] as number | null;
}

/** The rules in words. Told each reply, it says what must follow. */
class Model {
  readonly shape: Shape;
  /** Step indexes sent so far, in order. */
  readonly sent: number[] = [0];
  status: ProcessStatus = 'WAITING_FOR_REPLY';
  /** What is left to undo while undoing, as positions in `sent`, the one under way first. */
  undoing: number[] | null = null;
  skipped = 0;
  cause: string | null = null;

  constructor(shape: Shape) {
    this.shape = shape;
  }

  hear({ outcome, attempted }: Answer): void {
    if (this.undoing !== null) this.undoneOne(outcome);
    else if (outcome === 'SUCCESS') this.forward();
    else this.turnBack(outcome, attempted);
  }

  turnBack(outcome: 'FAILED' | 'CANCELED', attempted: boolean): void {
    this.cause = outcome;
    const tried = this.sent.map((_, position) => position).slice(0, attempted ? undefined : -1);
    this.undoing = tried.reverse().filter((position) => this.stepAt(position).undo);
    this.status = this.undoing.length > 0 ? 'COMPENSATING' : outcome;
  }

  forward(): void {
    const from = this.sent.at(-1) as number;
    const { goes } = this.shape.steps[from] as Shape['steps'][number];
    const listed = from + 1 < this.shape.steps.length ? from + 1 : null;
    const done = this.sent.map((index) => KEYS[index] as string);
    const to = goes === null ? listed : targetOf(goes, KEYS[from] as string, done);
    if (to === null) this.status = 'COMPLETED';
    else this.sent.push(to);
  }

  undoneOne(outcome: ReplyOutcome): void {
    if (outcome !== 'SUCCESS') this.skipped++;
    this.undoing?.shift();
    if (this.undoing?.length === 0) this.status = this.skipped > 0 ? 'FAILED' : 'COMPENSATED';
  }

  stepAt(position: number) {
    return this.shape.steps[this.sent[position] as number] as Shape['steps'][number];
  }

  /** `b`, on a second visit `b#2`. */
  nameAt(position: number): string {
    const index = this.sent[position] as number;
    const visits = this.sent.slice(0, position + 1).filter((one) => one === index).length;
    return visits === 1 ? (KEYS[index] as string) : `${KEYS[index]}#${visits}`;
  }

  /** The command that must be under way. */
  expected() {
    if (isTerminal(this.status)) return null;
    if (this.undoing !== null) {
      const position = this.undoing[0] as number;
      const key = KEYS[this.sent[position] as number] as string;
      return { purpose: 'compensation', step: this.nameAt(position), command: `Undo${key}`, payload: { undo: key } };
    }
    const last = this.sent.length - 1;
    const key = KEYS[this.sent[last] as number] as string;
    return { purpose: 'step', step: this.nameAt(last), command: `Do${key}`, payload: { key } };
  }
}

function isTerminal(status: ProcessStatus): boolean {
  return TERMINAL_PROCESS_STATUSES.some((terminal) => terminal === status);
}

/** The row after a decision, as the router writes it. */
function written(process: ProcessRow, decision: Decision): ProcessRow {
  const { send, ...fields } = decision;
  return {
    ...process,
    ...fields,
    current_step: send?.step ?? process.current_step,
    awaiting_command_id: send === null ? null : process.awaiting_command_id,
    path: send?.purpose === 'step' ? [...process.path, send.step] : process.path,
  };
}

function replyOf({ outcome }: Answer): Reply {
  return outcome === 'SUCCESS' ? { outcome, result: {} } : { outcome, error_code: outcome, error_message: 'Because.' };
}

test('whatever the definition and the replies, advance does what the rules say', () => {
  fc.assert(
    fc.property(shapes, answers, behaviors, (shape, replies, behavior) => {
      const definition = build(shape);
      const model = new Model(shape);
      let process = processRow({ path: ['a'], state: behavior === null ? {} : { behavior } });
      for (const answer of replies) {
        if (isTerminal(process.status)) break;
        if (answer.parked) process = { ...process, status: 'WAITING_FOR_TSQ' };
        deepFreeze(process);
        const reply = deepFreeze(replyOf(answer));
        const decision = advance(definition, process, reply, answer);
        expect(advance(definition, process, reply, answer)).toEqual(decision);

        model.hear(answer);
        expect(decision.status).toBe(model.status);
        expect(decision.send).toEqual(model.expected());
        expect(PROCESS_TRANSITIONS.map(({ from, to }) => `${from} ${to}`)).toContain(
          `${process.status} ${decision.status}`,
        );
        process = written(process, decision);
        expect(process.path).toEqual(model.sent.map((_, position) => model.nameAt(position)));
        expect(process.state.behavior).toEqual(behavior ?? undefined);
        expect(process.error_code).toBe(model.skipped > 0 ? 'COMPENSATION_SKIPPED' : model.cause);
        if (model.cause !== null) expect(process.error_message).toContain('Because.');
        expect(process.undo === null).toBe(process.status !== 'COMPENSATING');
      }
    }),
    { numRuns: atLeast(3000) },
  );
});

test('every process comes to an end: forward it is bounded by its definition, backward by its path', () => {
  fc.assert(
    fc.property(shapes, answers, (shape, replies) => {
      const definition = build(shape);
      let process = processRow({ path: ['a'] });
      const most = (MAX_VISITS + KEYS.length) * 2 + 2;
      let told = 0;
      for (; !isTerminal(process.status) && told < most; told++) {
        const answer = replies[told % replies.length] as Answer;
        process = written(process, advance(definition, process, replyOf(answer), answer));
      }
      expect(isTerminal(process.status), `after ${told} replies: ${process.path.join(' ')}`).toBe(true);
    }),
    { numRuns: atLeast(1000) },
  );
});
