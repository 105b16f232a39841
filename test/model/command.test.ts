// What an outcome does to its command: the pure decision against the design's table, and against the one table of transitions.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ClaimedCommand,
  COMMAND_PURPOSES,
  COMMAND_TRANSITIONS,
  type CommandPurpose,
  decideSettlement,
  errorGroup,
  OUTCOME_KINDS,
  type OutcomeKind,
} from '../../src/model/command.ts';

function claimed(fields: Partial<ClaimedCommand> = {}): ClaimedCommand {
  return {
    command_id: '01990000-0000-7000-8000-000000000000',
    lane: 0,
    domain: 'lab',
    type: 'Work',
    purpose: 'step',
    payload: {},
    attempts: 1,
    attempts_limit: 3,
    max_attempts: 3,
    backoff_ms: [10, 20],
    jitter_pct: 0,
    lease_ms: 1_000,
    claim_id: '01990000-0000-7000-8000-000000000001',
    process_id: null,
    batch_id: null,
    step: null,
    correlation_id: null,
    reply_to: null,
    annotated: false,
    ...fields,
  };
}

const COMPLETED = { status: 'COMPLETED', effect: 'COMPLETED', delay_ms: null, reason: null, reply: 'SUCCESS' };
const FAILED = { status: 'FAILED', effect: 'FAILED', delay_ms: null, reason: null, reply: 'FAILED' };
const RELEASED = { status: 'PENDING', effect: 'RELEASED', delay_ms: 0, reason: null, reply: null };
const RETRY = { status: 'PENDING', effect: 'RETRY', delay_ms: 20, reason: null, reply: null };
const parked = (reason: string) => ({
  status: 'IN_TROUBLESHOOTING_QUEUE',
  effect: 'TSQ',
  delay_ms: null,
  reason,
  reply: null,
});

/** The table of the design, for round 2 of a command with the backoff [10, 20]. */
function expected(kind: OutcomeKind, exhausted: boolean, purpose: CommandPurpose): object {
  const never_given_up = purpose === 'chunk' || purpose === 'job';
  const byKind: Record<OutcomeKind, object> = {
    success: COMPLETED,
    released: RELEASED,
    permanent: parked('PERMANENT'),
    business_rule: purpose === 'compensation' ? parked('COMPENSATION_FAILED') : FAILED,
    transient: exhausted && !never_given_up ? parked('EXHAUSTED') : RETRY,
    lease_expired: exhausted && !never_given_up ? parked('EXHAUSTED') : RETRY,
  };
  return byKind[kind];
}

const CASES = OUTCOME_KINDS.flatMap((kind) =>
  [false, true].flatMap((exhausted) => COMMAND_PURPOSES.map((purpose) => ({ kind, exhausted, purpose }))),
);

describe('decideSettlement', () => {
  test.each(CASES)('$kind, exhausted: $exhausted, of a $purpose', ({ kind, exhausted, purpose }) => {
    const max_attempts = exhausted ? 2 : 3;
    const command = claimed({ purpose, attempts: 2, attempts_limit: max_attempts, max_attempts });
    expect(decideSettlement(command, { kind })).toEqual(expected(kind, exhausted, purpose));
  });

  test('makes no transition that the table does not list, with the reply that the table lists', () => {
    const commands = fc
      .record({
        max_attempts: fc.integer({ min: 1, max: 100 }),
        raised: fc.integer({ min: 0, max: 200 }),
        left: fc.integer({ min: 0, max: 99 }),
        purpose: fc.constantFrom(...COMMAND_PURPOSES),
        backoff_ms: fc.array(fc.integer({ min: 0, max: 86_400_000 }), { minLength: 1, maxLength: 20 }),
      })
      .filter(({ max_attempts, left }) => left < max_attempts)
      .map(({ raised, left, ...rest }) => {
        const attempts_limit = rest.max_attempts + raised;
        return claimed({ ...rest, attempts_limit, attempts: attempts_limit - left });
      });
    fc.assert(
      fc.property(commands, fc.constantFrom(...OUTCOME_KINDS), (command, kind) => {
        const { status, reply, effect, delay_ms } = decideSettlement(command, { kind });
        const by = kind === 'lease_expired' ? 'reap' : 'settle';
        const listed = COMMAND_TRANSITIONS.find((t) => t.from === 'IN_PROGRESS' && t.to === status && t.by === by);
        expect(listed?.reply).toBe(reply);
        // A delay is what makes a command ready again; nothing else has one.
        expect(delay_ms !== null).toBe(status === 'PENDING');
        if (effect === 'RETRY') expect(command.backoff_ms).toContain(delay_ms);
      }),
    );
  });
});

describe('errorGroup', () => {
  test('like failures are one group, whatever ids and numbers they name', () => {
    const one = 'Account 4711 of 01990aaa-0000-7000-8000-00000000000a is closed since 2024-01-31';
    const two = 'Account 12 of 01990BBB-1111-7111-8111-11111111111B is closed since 2025-12-01';
    expect(errorGroup('CLOSED', one)).toBe('CLOSED: Account <n> of <id> is closed since <n>-<n>-<n>');
    expect(errorGroup('CLOSED', two)).toBe(errorGroup('CLOSED', one));
  });

  test('another code or another sentence is another group', () => {
    const groups = [errorGroup('A', 'is closed'), errorGroup('B', 'is closed'), errorGroup('A', 'is open')];
    expect(new Set(groups).size).toBe(3);
  });

  test('is short for any message, and the same each time', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5_000, size: 'max' }), (message) => {
        expect(errorGroup('CODE', message).length).toBeLessThanOrEqual('CODE: '.length + 160);
        expect(errorGroup('CODE', message)).toBe(errorGroup('CODE', message));
      }),
    );
  });
});
