// The forms that send commands: values to a request, validation, and the fields of the server's errors.

import { describe, expect, test } from 'vitest';
import { type CommandDetail, newCommandBatchSchema, newCommandSchema, type Problem } from '../../src/http/contract.ts';
import {
  type Defaults,
  initialTemplate,
  type SendValues,
  sendPath,
  toCommand,
  validateCommand,
} from '../../ui/src/pages/send/form.ts';
import {
  commandsError,
  countOf,
  initialMany,
  type ManyValues,
  toBatch,
  validateMany,
} from '../../ui/src/pages/send/many-form.ts';
import { COMMAND_PRESETS } from '../../ui/src/pages/send/presets.ts';
import { knownTypes } from '../../ui/src/pages/send/use-known-types.ts';
import { NO_CHAOS } from '../../ui/src/parts/chaos/chaos.ts';
import { placeErrors } from '../../ui/src/parts/form/checks.ts';
import { jsonError, jsonObjectError } from '../../ui/src/parts/form/json-text.ts';

const defaults: Defaults = {
  command: { domain: 'e2e', type: 'TestCommand' },
  retry: { max_attempts: 3, backoff_ms: [10_000, 60_000, 300_000], jitter_pct: 10 },
  lease_ms: 30_000,
  max_batch_count: 100_000,
  max_lease_losses: 10,
} as Defaults;
const ID = '01a20e73-d34d-7000-973b-fec0dfdd5d0d';
const one = (change: Partial<SendValues> = {}): SendValues => ({
  ...initialTemplate(defaults),
  command_id: '',
  ...change,
});
const many = (change: Partial<ManyValues> = {}): ManyValues => ({ ...initialMany(defaults), ...change });

describe('U02: one command', () => {
  test('an untouched form sends only the default command', () => {
    expect(validateCommand(one())).toEqual({});
    expect(toCommand(one(), defaults)).toEqual({ domain: 'e2e', type: 'TestCommand' });
  });

  test('every field is in the request, in the units of the wire, and the server accepts it', () => {
    const values = one({
      domain: ' reporting ',
      type: 'StatementQuery',
      payload: '{"account": 7}',
      chaos: { ...NO_CHAOS, fail_permanent_pct: 100, error_code: 'BROKEN' },
      max_attempts: 5,
      backoff: '1 s, 2 min',
      lease_ms: 5_000,
      jitter_pct: 20,
      delay: '30 s',
      priority: 0,
      deadline: '1.5 min',
      on_deadline: 'fail',
      reply_to: 'my-replies',
      correlation_id: ID,
      command_id: ID,
    });
    expect(validateCommand(values)).toEqual({});
    const command = toCommand(values, defaults);
    expect(command).toEqual({
      command_id: ID,
      domain: 'reporting',
      type: 'StatementQuery',
      payload: { account: 7 },
      behavior: { fail_permanent_pct: 100, error_code: 'BROKEN' },
      max_attempts: 5,
      backoff_ms: [1_000, 120_000],
      lease_ms: 5_000,
      jitter_pct: 20,
      delay_ms: 30_000,
      priority: 0,
      deadline_ms: 90_000,
      on_deadline: 'fail',
      reply_to: 'my-replies',
      correlation_id: ID,
    });
    expect(newCommandSchema.safeParse(command).success).toBe(true);
  });

  test.each([
    ['domain', { domain: '' }],
    ['type', { type: 'two words' }],
    ['payload', { payload: '[1, 2]' }],
    ['payload', { payload: '{"a": }' }],
    ['chaos.timeout_pct', { chaos: { ...NO_CHAOS, timeout_pct: 101 } }],
    ['max_attempts', { max_attempts: 0 }],
    ['backoff', { backoff: 'soon' }],
    ['lease_ms', { lease_ms: 499 }],
    ['jitter_pct', { jitter_pct: 101 }],
    ['priority', { priority: 10 }],
    ['delay', { delay: 'later' }],
    ['deadline', { deadline: '0 s' }],
    ['reply_to', { reply_to: 'a b' }],
    ['correlation_id', { correlation_id: '7' }],
    ['command_id', { command_id: 'x' }],
  ] as const)('%s is rejected at its field: %j', (field, change) => {
    expect(Object.keys(validateCommand(one(change)))).toEqual([field]);
  });

  test('a copied command keeps all of its fields but its ids', () => {
    const original = {
      domain: 'e2e',
      type: 'TestCommand',
      payload: { account: 7 },
      behavior: { timeout_pct: 5 },
      max_attempts: 7,
      backoff_ms: [50],
      lease_ms: 30_000,
      jitter_pct: 10,
      priority: 5,
      reply_to: 'my-replies',
      correlation_id: ID,
      command_id: ID,
      deadline_ms: 60_000,
      on_deadline: 'compensate',
    } as unknown as CommandDetail;
    expect(toCommand({ ...initialTemplate(defaults, original), command_id: '' }, defaults)).toEqual({
      domain: 'e2e',
      type: 'TestCommand',
      payload: { account: 7 },
      behavior: { timeout_pct: 5 },
      max_attempts: 7,
      backoff_ms: [50],
      priority: 5,
      deadline_ms: 60_000,
      on_deadline: 'compensate',
      reply_to: 'my-replies',
    });
  });

  test('the server accepts every preset', () => {
    for (const { chaos } of COMMAND_PRESETS) {
      const values = one({ chaos });
      expect(validateCommand(values)).toEqual({});
      expect(newCommandSchema.safeParse(toCommand(values, defaults)).success).toBe(true);
    }
  });
});

describe('U03: many commands', () => {
  test('a count of equal commands separates fields of the batch from those of each command', () => {
    const values = many({
      count: 2_000,
      name: 'Nightly run',
      seed: 'abc',
      custom: '{"n": 1}',
      batch_reply_to: 'batch-ends',
      reply_to: 'each',
    });
    const batch = toBatch(values, defaults);
    expect(batch).toEqual({
      name: 'Nightly run',
      seed: 'abc',
      custom: { n: 1 },
      reply_to: 'batch-ends',
      count: 2_000,
      template: { domain: 'e2e', type: 'TestCommand', reply_to: 'each' },
    });
    expect(newCommandBatchSchema.safeParse(batch).success).toBe(true);
    expect(validateMany(values)).toEqual({});
  });

  test('a list is sent unchanged, and an open batch has no commands', () => {
    const list = many({ content: 'list', commands: '[{"type": "TestCommand"}, {}]', domain: '' });
    expect(validateMany(list)).toEqual({});
    expect(toBatch(list, defaults)).toEqual({ commands: [{ type: 'TestCommand' }, {}] });
    expect(countOf(list)).toBe(2);
    expect(toBatch(many({ content: 'open', name: 'Open' }), defaults)).toEqual({ name: 'Open' });
  });

  test('a batch has at most 100,000 commands, and a list 1 to 1,000', () => {
    expect(validateMany(many({ count: 100_001 }))).toEqual({ count: 'must be 1 to 100,000' });
    expect(validateMany(many({ count: 100_000 }))).toEqual({});
    expect(commandsError('')).toBe('is needed');
    expect(commandsError('{}')).toBe('must be a JSON array of commands');
    expect(commandsError('[]')).toBe('must be 1 to 1,000 commands');
    expect(commandsError(JSON.stringify(Array(1_001).fill({})))).toBe('must be 1 to 1,000 commands');
  });
});

describe("the server's errors", () => {
  const problem = (...paths: string[]): Problem => ({
    type: 'about:blank',
    title: 'Refused',
    status: 422,
    code: 'INVALID_INPUT',
    detail: '',
    errors: paths.map((path) => ({ path, code: 'c', message: `no ${path}` })),
  });

  test('are placed at their fields, or kept apart', () => {
    const { byField, rest } = placeErrors(
      problem('behavior.timeout_pct', 'delay_ms', 'type', 'payload.account', 'elsewhere'),
      (path) => sendPath(path, one()),
    );
    expect(byField).toEqual({
      'chaos.timeout_pct': 'no behavior.timeout_pct',
      delay: 'no delay_ms',
      type: 'no type',
      payload: 'no payload.account',
    });
    expect(rest.map(({ path }) => path)).toEqual(['elsewhere']);
  });

  test('distinguish the reply queue of a batch from that of its commands', () => {
    const { byField } = placeErrors(problem('reply_to', 'template.reply_to', 'commands.3.type'), (path) =>
      sendPath(path, many()),
    );
    expect(byField).toEqual({
      batch_reply_to: 'no reply_to',
      reply_to: 'no template.reply_to',
      commands: 'no commands.3.type',
    });
  });
});

test('an error in JSON has a position', () => {
  expect(jsonError('{"a": 1}')).toBeNull();
  expect(jsonError('{\n  "a": 1,\n}')).toMatch(/^is not JSON(: see line 3, column 1)?$/);
  expect(jsonError('[1, 2')).toMatch(/^is not JSON/);
  expect(jsonError('{"a": }')).toMatch(/^is not JSON: (unexpected }|see line 1, column 7)$/);
  expect(jsonObjectError('7')).toMatch(/must be a JSON object/);
});

test('domains and types are suggested from process types and workers', () => {
  const types = knownTypes(
    {
      defaults,
      process_types: [
        {
          type: 'P',
          version: 1,
          domain: 'reporting',
          steps: [{ key: 'a', command: 'A', compensated: true }],
          input: {},
        },
      ],
    },
    ['reporting', 'faultline', 'payments'],
  );
  expect(types.domains).toEqual(['e2e', 'reporting', 'payments']);
  expect(types.typesOf('reporting')).toEqual(['A']);
  expect(types.typesOf('e2e')).toEqual(['TestCommand']);
  expect(types.typesOf('payments')).toEqual([]);
});
