// The launch form against the bundled definition: fields from its JSON Schema, the request, and the server's errors.

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { StatementReport, statementInputSchema } from '../../reporting/process.ts';
import { type Batch, launchEnvelopeSchema, type Problem } from '../../src/http/contract.ts';
import { nextStopRow } from '../../ui/src/pages/launch/experiment.ts';
import {
  initialValues,
  type LaunchContext,
  type LaunchValues,
  launchPath,
  toLaunch,
  validateLaunch,
} from '../../ui/src/pages/launch/form.ts';
import { inputFieldsOf } from '../../ui/src/pages/launch/input-schema.ts';
import { NO_CHAOS } from '../../ui/src/parts/chaos/chaos.ts';
import { parseBackoff, placeErrors } from '../../ui/src/parts/form/checks.ts';

const input = z.toJSONSchema(statementInputSchema, { io: 'input' }) as Record<string, unknown>;
const context: LaunchContext = {
  type: {
    type: StatementReport.type,
    version: StatementReport.version,
    domain: StatementReport.domain,
    steps: StatementReport.steps.map(({ key, command }) => ({ key, command, compensated: true })),
    input,
  },
  fields: inputFieldsOf(input),
  defaults: {
    process_type: 'StatementReport',
    command: null,
    retry: { max_attempts: 3, backoff_ms: [10_000, 60_000, 300_000], jitter_pct: 0 },
    lease_ms: 30_000,
    max_batch_count: 100_000,
    max_lease_losses: 10,
  },
};
const fresh = (change: Partial<LaunchValues> = {}): LaunchValues => ({ ...initialValues(context), ...change });

/** What the server makes of a request: the envelope's part, and the rest as the definition's input. */
function parseAsServer(request: Record<string, unknown>) {
  const names = Object.keys(launchEnvelopeSchema.shape);
  const entries = Object.entries(request);
  const envelope = Object.fromEntries(entries.filter(([name]) => names.includes(name)));
  const rest = Object.fromEntries(entries.filter(([name]) => !names.includes(name)));
  return { envelope: launchEnvelopeSchema.parse(envelope), input: statementInputSchema.parse(rest) };
}

describe('fields from a JSON Schema', () => {
  test('StatementReport has two dates, a choice and a whole number', () => {
    expect(context.fields.map(({ name, kind, required }) => [name, kind, required])).toEqual([
      ['from_date', 'date', true],
      ['to_date', 'date', true],
      ['output_type', 'choice', true],
      ['account_count', 'integer', false],
    ]);
    expect(context.fields.at(-1)).toMatchObject({ min: 1, max: 100, initial: 3 });
  });

  test('every property has a field, a JSON field when it is not simple', () => {
    const schema = z.toJSONSchema(
      z.strictObject({
        note: z.string().optional(),
        urgent: z.boolean(),
        rate: z.number().min(0.5),
        lines: z.array(z.strictObject({ sku: z.string() })),
      }),
    );
    expect(inputFieldsOf(schema as Record<string, unknown>).map(({ name, kind }) => [name, kind])).toEqual([
      ['note', 'text'],
      ['urgent', 'flag'],
      ['rate', 'number'],
      ['lines', 'json'],
    ]);
  });
});

describe('the request', () => {
  test('a new form is valid, has no chaos, and is accepted by the server', () => {
    const values = fresh();
    expect(validateLaunch(values, context)).toEqual({});
    const request = toLaunch(values, context);
    expect(request).not.toHaveProperty('behavior');
    expect(request).not.toHaveProperty('name');
    expect(parseAsServer(request).envelope).toMatchObject({
      count: 100,
      retry: { max_attempts: 3, backoff_ms: context.defaults.retry.backoff_ms },
      lease_ms: 30_000,
    });
  });

  test('the behavior holds only steps with chaos', () => {
    const chaos = { ...fresh().chaos, render: { ...NO_CHAOS, fail_permanent_pct: 5 } };
    expect(toLaunch(fresh({ chaos }), context).behavior).toEqual({ render: { fail_permanent_pct: 5 } });
  });

  test('a cloned batch makes the same request', () => {
    const original = {
      name: 'Month end',
      total_count: 1_234,
      seed: 'the-same',
      input: { from_date: '2026-01-01', to_date: '2026-01-31', output_type: 'csv', account_count: 2 },
      behavior: { query: { timeout_pct: 12.5, min_duration_ms: 10, max_duration_ms: 20 } },
      experiment: {
        hypothesis: 'All is delivered.',
        scope_pct: 50,
        stop_conditions: [
          { metric: 'backlog_age_ms', above: 90_000, action: 'mark' },
          { metric: 'in_troubleshooting', above: 10, action: 'abort' },
        ],
        turbulence: { kill_worker_every_ms: 5_000, pause_postgres_every_ms: 60_000, pause_ms: 1_500, for_ms: 90_000 },
      },
      retry: { max_attempts: 7, backoff_ms: [1_500, 60_000] },
      lease_ms: 5_000,
    } as unknown as Batch;
    const request = toLaunch(initialValues(context, original), context);
    expect(request).toEqual({
      count: 1_234,
      process_type: 'StatementReport',
      name: 'Month end',
      seed: 'the-same',
      ...original.input,
      behavior: original.behavior,
      experiment: original.experiment,
      retry: original.retry,
      lease_ms: 5_000,
    });
    expect(() => parseAsServer(request)).not.toThrow();
  });
});

describe('validation mirrors the server', () => {
  test.each<[string, Partial<LaunchValues>, string]>([
    ['no process', { count: 0 }, 'count'],
    ['too many', { count: 100_001 }, 'count'],
    ['no count', { count: '' }, 'count'],
    ['a long name', { name: 'n'.repeat(201) }, 'name'],
    ['a seed with a space', { seed: 'no spaces' }, 'seed'],
    ['too many attempts', { max_attempts: 101 }, 'max_attempts'],
    ['a short lease', { lease_ms: 499 }, 'lease_ms'],
    ['a delay that is none', { backoff: 'soon' }, 'backoff'],
    ['no delay', { backoff: '' }, 'backoff'],
    ['a delay of more than a day', { backoff: '25 h' }, 'backoff'],
    ['too many delays', { backoff: Array(21).fill('1 s').join(', ') }, 'backoff'],
    [
      'days in the wrong order',
      { input: { ...fresh().input, from_date: '2026-02-01', to_date: '2026-01-31' } },
      'input.to_date',
    ],
    ['a choice not made', { input: { ...fresh().input, output_type: '' } }, 'input.output_type'],
    ['a number out of its range', { input: { ...fresh().input, account_count: 101 } }, 'input.account_count'],
    [
      'a share above 100',
      { chaos: { ...fresh().chaos, query: { ...NO_CHAOS, timeout_pct: 200 } } },
      'chaos.query.timeout_pct',
    ],
    ['a scope above 100', { experiment: { ...fresh().experiment, scope_pct: 101 } }, 'experiment.scope_pct'],
    [
      'a stop condition above nothing',
      { experiment: { ...fresh().experiment, stop_conditions: [{ ...nextStopRow([]), above: '' }] } },
      'experiment.stop_conditions.0.above',
    ],
    [
      'turbulence all the time',
      { experiment: { ...fresh().experiment, turbulence: { ...fresh().experiment.turbulence, kill_worker: '10 ms' } } },
      'experiment.turbulence.kill_worker',
    ],
    [
      'a pause longer than the time between two',
      {
        experiment: {
          ...fresh().experiment,
          turbulence: { ...fresh().experiment.turbulence, pause_postgres: '5 s' },
          pause: '6 s',
        },
      },
      'experiment.turbulence.pause_postgres',
    ],
  ])('%s is rejected at its field', (_what, change, path) => {
    const values = fresh(change);
    expect(Object.keys(validateLaunch(values, context))).toEqual([path]);
  });

  test('parses delays in any unit, and bare numbers as milliseconds', () => {
    expect(parseBackoff('250, 10 s; 1.5min,1h')).toEqual([250, 10_000, 90_000, 3_600_000]);
    expect(parseBackoff('10 parsecs')).toBeNull();
  });
});

test("the server's errors are placed at their fields, the others are kept apart", () => {
  const paths = [
    'count',
    'retry.max_attempts',
    'retry.backoff_ms.2',
    'lease_ms',
    'to_date',
    'behavior.render.fail_permanent_pct',
    'experiment.stop_conditions.1.above',
    'experiment.turbulence.for_ms',
    'behavior.nowhere.timeout_pct',
    'behavior.render',
    'surprise',
  ];
  const problem: Problem = {
    type: 'about:blank',
    title: 'Unprocessable',
    status: 422,
    code: 'INVALID_INPUT',
    detail: '',
    errors: paths.map((path) => ({ path, code: 'custom', message: `bad ${path}` })),
  };
  const { byField, rest } = placeErrors(problem, (path) => launchPath(path, context));
  expect(byField).toEqual({
    count: 'bad count',
    max_attempts: 'bad retry.max_attempts',
    backoff: 'bad retry.backoff_ms.2',
    lease_ms: 'bad lease_ms',
    'input.to_date': 'bad to_date',
    'chaos.render.fail_permanent_pct': 'bad behavior.render.fail_permanent_pct',
    'experiment.stop_conditions.1.above': 'bad experiment.stop_conditions.1.above',
    'experiment.lasting': 'bad experiment.turbulence.for_ms',
  });
  expect(rest.map(({ path }) => path)).toEqual(['behavior.nowhere.timeout_pct', 'behavior.render', 'surprise']);
});
