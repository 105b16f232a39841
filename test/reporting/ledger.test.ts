// The ledger in the database: filled once or not at all, and read as SQL would add it up.

import { beforeAll, describe, expect, test } from 'vitest';
import { migrateLedger, readMovements, seedLedger } from '../../reporting/ledger.ts';
import { generateCustomer, ibanOfAccount } from '../../reporting/seed/generate.ts';
import { summarize } from '../../reporting/statement.ts';
import { createTestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const { pool } = await createTestDatabase();

async function countRows(): Promise<{ accounts: number; transactions: number; seeds: number }> {
  const { rows } = await pool.query(
    `select (select count(*) from reporting.account) as accounts,
            (select count(*) from reporting.transaction) as transactions,
            (select count(*) from reporting.seed) as seeds`,
  );
  return rows[0];
}

describe('filling it', () => {
  test('migrating twice at once, and again, makes the tables once', async () => {
    await Promise.all([migrateLedger(pool), migrateLedger(pool)]);
    await migrateLedger(pool);
    const { rows } = await pool.query('select name from reporting.migration order by name');
    expect(rows).toEqual([{ name: '0001_ledger.sql' }]);
    expect(await countRows()).toEqual({ accounts: 0, transactions: 0, seeds: 0 });
  });

  test('a seed that is killed leaves nothing behind', async () => {
    const seeding = seedLedger(pool);
    const failed = expect(seeding).rejects.toThrow();
    const killed = await until('the seed is writing transactions, and its connection is ended', async () => {
      const { rows } = await pool.query(
        `select pg_terminate_backend(pid) as ended from pg_stat_activity
         where datname = current_database() and query like '%insert into reporting.transaction%' and pid <> pg_backend_pid()`,
      );
      return rows.length;
    });
    expect(killed).toBe(1);
    await failed;
    expect(await countRows()).toEqual({ accounts: 0, transactions: 0, seeds: 0 });
  });

  test('two starts at once fill it once, and a third finds it done', async () => {
    const results = await Promise.all([seedLedger(pool), seedLedger(pool)]);
    expect(results.filter((result) => result.seeded).length).toBe(1);
    expect(await seedLedger(pool)).toMatchObject({ seeded: false, accounts: 1000 });
    const { accounts, transactions, seeds } = await countRows();
    expect({ accounts, seeds }).toEqual({ accounts: 1000, seeds: 1 });
    for (const result of results) expect(result).toMatchObject({ accounts, transactions });
  });
});

describe('reading it', () => {
  const customer = generateCustomer(4);
  const account_list = customer.accounts.map((account) => account.iban);
  beforeAll(async () => {
    await migrateLedger(pool);
    await seedLedger(pool);
  });

  test('everything that was generated for an account is there', async () => {
    const ask = { from_date: '2025-01-01', to_date: '2026-12-31', account_list };
    const { accounts } = await readMovements(pool, ask);
    expect(accounts.map(({ account }) => account)).toEqual(
      customer.accounts.map(({ account_id, opened_on, ...account }) => ({ ...account, currency: 'EUR' })),
    );
    const amounts = accounts.flatMap(({ transactions }) => transactions.map((transaction) => transaction.amount_cents));
    expect(amounts).toEqual(customer.entries.map((entry) => entry.amount_cents));
    const texts = accounts.flatMap(({ transactions }) =>
      transactions.map(({ counterparty, reference }) => [counterparty, reference]),
    );
    expect(texts).toEqual(customer.entries.map(({ counterparty, reference }) => [counterparty, reference]));
  });

  test('accounts come in the order asked for; one that is unknown is not among them', async () => {
    const asked = [ibanOfAccount(700), 'IE00NOBODY', ibanOfAccount(3), ibanOfAccount(999)];
    const { accounts } = await readMovements(pool, {
      from_date: '2026-02-01',
      to_date: '2026-02-28',
      account_list: asked,
    });
    expect(accounts.map(({ account }) => account.iban)).toEqual([asked[0], asked[2], asked[3]]);
  });

  test.each([
    ['2025-01-01', '2026-12-31'],
    ['2026-01-01', '2026-03-31'],
    ['2025-12-24', '2026-01-06'],
    ['2026-06-15', '2026-06-15'],
    ['2020-01-01', '2024-12-31'],
    ['2027-01-01', '2027-12-31'],
  ])('from %s to %s the summary is what SQL adds up', async (from_date, to_date) => {
    const list = [1, 2, 3, 16, 17, 18, 500, 1000].map(ibanOfAccount);
    const summary = summarize(await readMovements(pool, { from_date, to_date, account_list: list }));
    const { rows } = await pool.query(
      `select a.iban,
              a.opening_balance_cents + coalesce(sum(amount_cents) filter (where booked_on < $2), 0)::bigint as opening_balance_cents,
              coalesce(sum(amount_cents) filter (where booked_on between $2 and $3 and amount_cents > 0), 0)::bigint as in_cents,
              coalesce(sum(amount_cents) filter (where booked_on between $2 and $3 and amount_cents < 0), 0)::bigint as out_cents,
              a.opening_balance_cents + coalesce(sum(amount_cents) filter (where booked_on <= $3), 0)::bigint as closing_balance_cents,
              count(*) filter (where booked_on between $2 and $3) as transaction_count
       from reporting.account a left join reporting.transaction t using (account_id)
       where iban = any($1) group by a.account_id order by a.account_id`,
      [list, from_date, to_date],
    );
    expect(summary.accounts.map(({ categories, months, ...totals }) => totals)).toEqual(rows);

    const { rows: byCategory } = await pool.query(
      `select category, coalesce(sum(amount_cents) filter (where amount_cents > 0), 0)::bigint as in_cents,
              coalesce(sum(amount_cents) filter (where amount_cents < 0), 0)::bigint as out_cents, count(*) as transaction_count
       from reporting.transaction join reporting.account using (account_id)
       where iban = any($1) and booked_on between $2 and $3 group by category order by category`,
      [list, from_date, to_date],
    );
    expect([...summary.overall.categories].sort((a, b) => (a.category < b.category ? -1 : 1))).toEqual(byCategory);

    const { rows: byMonth } = await pool.query(
      `select to_char(booked_on, 'YYYY-MM') as month, sum(amount_cents)::bigint as change, count(*) as transaction_count
       from reporting.transaction join reporting.account using (account_id)
       where iban = any($1) and booked_on between $2 and $3 group by 1 order by 1`,
      [list, from_date, to_date],
    );
    const booked = summary.overall.months.filter((month) => month.transaction_count > 0);
    expect(
      booked.map((total) => ({
        month: total.month,
        change: total.in_cents + total.out_cents,
        transaction_count: total.transaction_count,
      })),
    ).toEqual(byMonth);
  });

  test('a statement reads by key, not through the whole table', async () => {
    const { rows } = await pool.query(
      `explain (format json) select * from reporting.transaction
       where account_id = any('{1,2,3}') and booked_on between '2026-01-01' and '2026-03-31'`,
    );
    expect(JSON.stringify(rows[0])).toMatch(/transaction_pkey/);
    expect(JSON.stringify(rows[0])).not.toMatch(/Seq Scan/);
  });
});
