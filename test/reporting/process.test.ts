// The definition: which input is taken, which accounts a process gets, and what travels from step to step.

import { ProcessRegistry } from 'faultline';
import { expect, test } from 'vitest';
import { accountsOf, StatementReport, statementInputSchema, statementStateSchema } from '../../reporting/process.ts';

const input = { from_date: '2026-01-01', to_date: '2026-03-31', output_type: 'pdf' } as const;
const owner = { process_id: '019a0000-0000-7000-8000-000000000001', batch_id: null, ordinal: 7 };

test('input has three accounts unless told otherwise', () => {
  expect(statementInputSchema.parse(input)).toEqual({ ...input, account_count: 3 });
  expect(statementInputSchema.parse({ ...input, account_count: 100 }).account_count).toBe(100);
  expect(statementInputSchema.parse({ ...input, to_date: '2026-01-01' }).to_date).toBe('2026-01-01');
});

test.each([
  ['a day that does not exist', { from_date: '2026-02-29' }, 'from_date'],
  ['a leap day that does not exist', { to_date: '2100-02-29' }, 'to_date'],
  ['a time of day', { from_date: '2026-01-01T00:00:00Z' }, 'from_date'],
  ['an end before the beginning', { to_date: '2025-12-31' }, 'to_date'],
  ['a period of more than ten years', { from_date: '2015-01-01' }, 'to_date'],
  ['another output', { output_type: 'docx' }, 'output_type'],
  ['no account', { account_count: 0 }, 'account_count'],
  ['too many accounts', { account_count: 101 }, 'account_count'],
  ['half an account', { account_count: 1.5 }, 'account_count'],
  ['null for a number', { account_count: null }, 'account_count'],
  ['a missing field', { output_type: undefined }, 'output_type'],
])('%s is refused at its field', (_, change, field) => {
  const { error } = statementInputSchema.safeParse({ ...input, ...change });
  expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([field]);
});

test('an unknown field is refused by name', () => {
  const { error } = statementInputSchema.safeParse({ ...input, account_list: ['IE00'] });
  expect(error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['account_list'] }]);
});

test('accounts are a function of the ordinal, spread over all thousand', () => {
  expect(accountsOf(41, 3)).toEqual(accountsOf(41, 3));
  for (const count of [1, 2, 3, 7, 100]) {
    const used = new Set<string>();
    for (let ordinal = 0; ordinal < 1_000; ordinal++) {
      const accounts = accountsOf(ordinal, count);
      expect(new Set(accounts).size).toBe(count);
      for (const account of accounts) used.add(account);
    }
    expect(used.size).toBe(1_000);
  }
});

test('a process starts with its dates and accounts, and its state fits the schema with the behavior beside', () => {
  const state = StatementReport.start({ ...input, account_count: 2 }, { ordinal: 7, batch_id: null });
  expect(state).toEqual({ ...input, account_list: accountsOf(7, 2) });
  const behavior = { query: { fail_transient_pct: 5 }, render: null };
  expect(statementStateSchema.parse({ ...state, behavior })).toEqual({ ...state, behavior });
  const wrong = statementStateSchema.safeParse({ ...state, behavior: { deliver: {} } });
  expect(wrong.error?.issues[0]?.path).toEqual(['behavior']);
});

test('each step hands its document to the next, and the compensation of each names its step', () => {
  let state = StatementReport.start({ ...input, account_count: 1 }, owner);
  const requests = StatementReport.steps.map((step) => {
    const request = step.request(state, owner);
    state = step.onReply?.(state, { outcome: 'SUCCESS', result: { result_path: `path of ${step.key}` } }) ?? state;
    return { command: step.command, request };
  });
  const asked = { ...owner, from_date: input.from_date, to_date: input.to_date, account_list: accountsOf(7, 1) };
  const query_result_path = 'path of query';
  const aggregated_data_path = 'path of aggregation';
  expect(requests).toEqual([
    { command: 'StatementQuery', request: asked },
    { command: 'StatementDataAggregation', request: { ...asked, query_result_path } },
    { command: 'StatementRender', request: { ...asked, query_result_path, aggregated_data_path, output_type: 'pdf' } },
  ]);
  expect(state).toMatchObject({ query_result_path, aggregated_data_path, rendered_file_path: 'path of render' });
  expect(
    StatementReport.steps.map(({ compensate }) => [compensate?.command, compensate?.request(state, owner)]),
  ).toEqual(['query', 'aggregation', 'render'].map((step) => ['DiscardArtifact', { ...owner, step }]));
});

test.each([undefined, null, {}, 'a text', { result_path: 7 }])(
  'a step completed by hand with %j leaves no path',
  (result) => {
    const state = StatementReport.start({ ...input, account_count: 1 }, owner);
    const [query] = StatementReport.steps;
    expect(query?.onReply?.(state, { outcome: 'SUCCESS', result }).query_result_path).toBeUndefined();
  },
);

test('is what a registry takes', () => {
  expect(new ProcessRegistry().register(StatementReport).newest('StatementReport')).toBe(StatementReport);
});
