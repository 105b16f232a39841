// The steps done for real, without a bus: on the ledger, with documents on disk.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BusinessRuleError, type HandlerContext, PermanentCommandError, silentLogger } from 'faultline';
import { describe, expect, test } from 'vitest';
import { type ArtifactOwner, artifactFolder } from '../../reporting/artifact-paths.ts';
import { ReportingHandlers } from '../../reporting/handlers.ts';
import { accountsOf, OUTPUT_TYPES, STEP_KEYS } from '../../reporting/process.ts';
import type { Summary } from '../../reporting/statement.ts';
import { openBank } from './bank.ts';
import { readPdf } from './pdf-reader.ts';

const bank = await openBank();
const handlers = new ReportingHandlers({ pool: bank.pool, artifacts: async () => bank.artifacts });
const period = { from_date: '2026-01-01', to_date: '2026-03-31' };
let ordinal = 0;

function newOwner(): ArtifactOwner {
  const last = String(++ordinal).padStart(12, '0');
  return { process_id: `019a0000-0000-7000-8000-${last}`, batch_id: null, ordinal };
}

function contextOf(signal = new AbortController().signal, attempts = 1): HandlerContext {
  const command = {
    command_id: '019a0000-0000-7000-8000-ffffffffffff',
    lane: 0,
    domain: 'reporting',
    type: 'any',
    purpose: 'step' as const,
    payload: null,
    attempts,
    attempts_limit: 3,
    max_attempts: 3,
    backoff_ms: [0],
    jitter_pct: 0,
    lease_ms: 30_000,
    claim_id: '019a0000-0000-7000-8000-eeeeeeeeeeee',
    process_id: null,
    batch_id: null,
    step: null,
    correlation_id: null,
    reply_to: null,
    annotated: false,
    created_at: new Date(0),
  };
  return { command, signal, logger: silentLogger, extendLease: async () => {} };
}

const filesOf = (owner: ArtifactOwner) =>
  readdir(join(bank.data_dir, 'artifacts', artifactFolder(owner))).then(
    (files) => files.sort(),
    () => [],
  );
const readArtifact = (path: string) => readFile(join(bank.data_dir, 'artifacts', path));

/** The payloads of the three steps, each with what the ones before answered. */
async function runSteps(owner: ArtifactOwner, output_type: string, account_list: string[], context = contextOf()) {
  const ask = { ...owner, ...period, account_list };
  const query = await handlers.StatementQuery(ask, context);
  const aggregation = await handlers.StatementDataAggregation(
    { ...ask, query_result_path: query.result_path },
    context,
  );
  const paths = { query_result_path: query.result_path, aggregated_data_path: aggregation.result_path };
  const render = await handlers.StatementRender({ ...ask, ...paths, output_type }, context);
  return { ask: { ...ask, ...paths, output_type }, query, aggregation, render };
}

async function sumBySql(account_list: string[]) {
  const { rows } = await bank.pool.query(
    `select (select sum(opening_balance_cents) from reporting.account where iban = any($1))::bigint
            + sum(amount_cents)::bigint as closing_balance_cents,
            count(*) filter (where booked_on >= $2) as transaction_count
     from reporting.transaction join reporting.account using (account_id)
     where iban = any($1) and booked_on <= $3`,
    [account_list, period.from_date, period.to_date],
  );
  return rows[0] as { closing_balance_cents: number; transaction_count: number };
}

describe.each(OUTPUT_TYPES)('a statement as %s', (output_type) => {
  test.each([1, 3, 30])('of %i accounts ends with the balance that SQL adds up', async (count) => {
    const owner = newOwner();
    const account_list = accountsOf(owner.ordinal, count);
    const { query, aggregation, render } = await runSteps(owner, output_type, account_list);
    const { closing_balance_cents, transaction_count } = await sumBySql(account_list);
    expect(query).toEqual({
      result_path: `standalone/0/${owner.process_id}/query.ndjson`,
      account_count: count,
      transaction_count,
    });
    expect(aggregation).toMatchObject({ closing_balance_cents, transaction_count });
    expect(render).toMatchObject({
      result_path: `standalone/0/${owner.process_id}/render.${output_type}`,
      closing_balance_cents,
    });
    const document = await readArtifact(render.result_path);
    expect(document.byteLength).toBe(render.size_bytes);
    expect(balanceIn(document, output_type)).toBe(closing_balance_cents);
  });

  test('is the same to the byte when it is done again, in the same place', async () => {
    const owner = newOwner();
    const account_list = accountsOf(owner.ordinal, 3);
    const first = await runSteps(owner, output_type, account_list);
    const paths = [first.query.result_path, first.aggregation.result_path, first.render.result_path];
    const before = await Promise.all(paths.map(readArtifact));
    const second = await runSteps(owner, output_type, account_list, contextOf(undefined, 2));
    expect(second).toEqual(first);
    const after = await Promise.all(paths.map(readArtifact));
    expect(after.map((bytes, index) => bytes.equals(before[index] as Buffer))).toEqual([true, true, true]);
    expect(await filesOf(owner)).toEqual(['aggregation.json', 'query.ndjson', `render.${output_type}`]);
  });

  test('is the same when an operator completed the steps before by hand, without a document', async () => {
    const owner = newOwner();
    const { ask, render } = await runSteps(owner, output_type, accountsOf(owner.ordinal, 3));
    const document = await readArtifact(render.result_path);
    const { query_result_path, aggregated_data_path, ...byHand } = ask;
    for (const step of STEP_KEYS) await handlers.DiscardArtifact({ ...owner, step }, contextOf());
    expect(await handlers.StatementRender(byHand, contextOf())).toEqual(render);
    expect((await readArtifact(render.result_path)).equals(document)).toBe(true);
    expect(await filesOf(owner)).toEqual([`render.${output_type}`]);
  });
});

function balanceIn(document: Buffer, output_type: string): number {
  if (output_type === 'pdf') {
    return Number(/closing_balance_cents=(-?\d+)/.exec(readPdf(document).info.Keywords ?? '')?.[1]);
  }
  const file = document.toString();
  if (output_type === 'html') return Number(/name="closing_balance_cents" content="(-?\d+)"/.exec(file)?.[1]);
  return Number(file.trimEnd().split('\r\n').at(-1)?.split(',').at(-1)?.replace('.', ''));
}

describe('once the lease is lost', () => {
  const reason = new Error('the lease is lost');

  test.each(['StatementQuery', 'StatementDataAggregation', 'StatementRender'] as const)(
    '%s stores nothing',
    async (step) => {
      const owner = newOwner();
      const { ask } = await runSteps(owner, 'pdf', accountsOf(owner.ordinal, 1));
      for (const key of STEP_KEYS) await handlers.DiscardArtifact({ ...owner, step: key }, contextOf());
      const { query_result_path, aggregated_data_path, ...byHand } = ask;
      await expect(handlers[step](byHand, contextOf(AbortSignal.abort(reason)))).rejects.toBe(reason);
      const controller = new AbortController();
      const underWay = handlers[step](byHand, contextOf(controller.signal));
      controller.abort(reason);
      await expect(underWay).rejects.toBe(reason);
      expect(await filesOf(owner)).toEqual([]);
    },
  );

  test('discard deletes nothing', async () => {
    const owner = newOwner();
    await runSteps(owner, 'csv', accountsOf(owner.ordinal, 1));
    const late = handlers.DiscardArtifact({ ...owner, step: 'render' }, contextOf(AbortSignal.abort(reason)));
    await expect(late).rejects.toBe(reason);
    expect(await filesOf(owner)).toContain('render.csv');
  });
});

describe('compensation', () => {
  test('takes back what each step stored, and tolerates that it is gone', async () => {
    const owner = newOwner();
    await runSteps(owner, 'html', accountsOf(owner.ordinal, 2));
    const counts = [];
    for (const step of ['render', 'render', 'aggregation', 'query', 'query']) {
      counts.push((await handlers.DiscardArtifact({ ...owner, step }, contextOf())).discarded_count);
    }
    expect(counts).toEqual([1, 0, 1, 1, 0]);
    expect(await filesOf(owner)).toEqual([]);
  });

  test('of a process that never stored anything is no error', async () => {
    expect(await handlers.DiscardArtifact({ ...newOwner(), step: 'query' }, contextOf())).toEqual({
      discarded_count: 0,
    });
  });
});

describe('what cannot succeed', () => {
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => null,
      (error: unknown) => error,
    );

  test('an account that the ledger does not have is a business answer', async () => {
    const ask = { ...newOwner(), ...period, account_list: [...accountsOf(1, 1), 'IE00NOBODY'] };
    const error = await failure(handlers.StatementQuery(ask, contextOf()));
    expect(error).toBeInstanceOf(BusinessRuleError);
    expect(error).toMatchObject({ code: 'UNKNOWN_ACCOUNT', message: 'The ledger has no account IE00NOBODY.' });
    expect(await filesOf(ask)).toEqual([]);
  });

  test('a document that is gone, truncated or another process’s is for an operator', async () => {
    const owner = newOwner();
    const { ask } = await runSteps(owner, 'csv', accountsOf(owner.ordinal, 1));
    const file = join(bank.data_dir, 'artifacts', ask.query_result_path);
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, -500));
    const cut = await failure(handlers.StatementRender(ask, contextOf()));
    expect(cut).toBeInstanceOf(PermanentCommandError);
    expect(cut).toMatchObject({ code: 'ARTIFACT_UNREADABLE' });
    await rm(file);
    expect(await failure(handlers.StatementRender(ask, contextOf()))).toMatchObject({ code: 'ARTIFACT_MISSING' });
    const other = { ...ask, ...newOwner() };
    expect(await failure(handlers.StatementRender(other, contextOf()))).toMatchObject({ code: 'FOREIGN_ARTIFACT' });
    const outside = { ...ask, query_result_path: `${dirname(ask.query_result_path)}/../../../secret.json` };
    expect(await failure(handlers.StatementDataAggregation(outside, contextOf()))).toBeInstanceOf(Error);
  });

  test.each([
    ['nothing', null],
    ['no process', { ...period, account_list: ['x'] }],
    [
      'a process id that is a path',
      { ...period, account_list: ['x'], process_id: '../../x', batch_id: null, ordinal: 0 },
    ],
    ['no accounts', { ...newOwner(), ...period, account_list: [] }],
    ['a day that does not exist', { ...newOwner(), ...period, from_date: '2026-02-30', account_list: ['x'] }],
  ])('a payload with %s is refused for good', async (_, payload) => {
    const error = await failure(handlers.StatementQuery(payload, contextOf()));
    expect(error).toBeInstanceOf(PermanentCommandError);
    expect(error).toMatchObject({ code: 'INVALID_PAYLOAD' });
  });
});

test('an attempt after a killed one clears away its unfinished file', async () => {
  const owner = newOwner();
  const { ask } = await runSteps(owner, 'csv', accountsOf(owner.ordinal, 1));
  const folder = join(bank.data_dir, 'artifacts', artifactFolder(owner));
  await writeFile(join(folder, '.render.csv.0badc0de.tmp'), 'record,ib');
  await handlers.StatementRender(ask, contextOf(undefined, 2));
  expect(await filesOf(owner)).toEqual(['aggregation.json', 'query.ndjson', 'render.csv']);
});

test('what the aggregation stores is the summary that the statement shows', async () => {
  const owner = newOwner();
  const { aggregation } = await runSteps(owner, 'csv', accountsOf(owner.ordinal, 3));
  const summary = JSON.parse((await readArtifact(aggregation.result_path)).toString()) as Summary;
  expect(summary).toMatchObject({
    ...period,
    currency: 'EUR',
    overall: { closing_balance_cents: aggregation.closing_balance_cents },
  });
  expect(summary.accounts).toHaveLength(3);
  expect(summary.overall.months.map(({ month }) => month)).toEqual(['2026-01', '2026-02', '2026-03']);
});
