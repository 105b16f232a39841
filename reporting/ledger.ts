// The bank's ledger in PostgreSQL: its tables, its seed, and reading the transactions of accounts.
// The seed is all or nothing, safe to run twice at once, and the same on every machine.

import { readdirSync, readFileSync } from 'node:fs';
import { type Pool, type Tx, withTx } from 'faultline';
import { reportingFolder } from './package-files.ts';
import type { SeedAccount, SeedEntry } from './seed/book.ts';
import { toDate } from './seed/calendar.ts';
import { ACCOUNT_COUNT, CUSTOMER_COUNT, generateCustomer } from './seed/generate.ts';
import type { AccountMovements, LedgerAccount, LedgerTransaction, Movements } from './statement.ts';

/** An advisory lock, held while the tables are created or filled. */
const LEDGER_LOCK = 7_208_431_990_215;
/** About 20,000 rows in one statement. */
const CUSTOMERS_PER_INSERT = 26;

/** Creates or updates the tables in schema `reporting`; does nothing when they are current. */
export async function migrateLedger(pool: Pool): Promise<void> {
  const folder = new URL('sql/', reportingFolder);
  const files = readdirSync(folder)
    .filter((file) => /^\d{4}_.*\.sql$/.test(file))
    .sort();
  await withTx(pool, async (tx) => {
    await lockLedger(tx);
    await tx.query('create schema if not exists reporting');
    await tx.query(
      'create table if not exists reporting.migration (name text primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await tx.query<{ name: string }>('select name from reporting.migration');
    const applied = new Set(rows.map((row) => row.name));
    for (const file of files.filter((name) => !applied.has(name))) {
      await tx.query(readFileSync(new URL(file, folder), 'utf8'));
      await tx.query('insert into reporting.migration (name) values ($1)', [file]);
    }
  });
}

/** Waits for the lock without the time limits of the role. */
async function lockLedger(tx: Tx): Promise<void> {
  await tx.query('set local statement_timeout = 0');
  await tx.query('set local lock_timeout = 0');
  await tx.query('select pg_advisory_xact_lock($1)', [LEDGER_LOCK]);
}

export interface SeedResult {
  /** False when the ledger was filled before. */
  seeded: boolean;
  accounts: number;
  transactions: number;
}

/** Fills the ledger once: a second run waits for the first and finds it filled. */
export async function seedLedger(pool: Pool): Promise<SeedResult> {
  const before = await findSeed(pool);
  if (before) return { seeded: false, ...before };
  return withTx(pool, async (tx) => {
    await lockLedger(tx);
    const meanwhile = await findSeed(tx);
    if (meanwhile) return { seeded: false, ...meanwhile };
    const transactions = await insertLedger(tx);
    await tx.query('insert into reporting.seed (accounts, transactions) values ($1, $2)', [
      ACCOUNT_COUNT,
      transactions,
    ]);
    // The first statements come before autovacuum would gather statistics.
    await tx.query('analyze reporting.account');
    await tx.query('analyze reporting.transaction');
    return { seeded: true, accounts: ACCOUNT_COUNT, transactions };
  });
}

async function findSeed(
  from: Pick<Tx, 'query'> | Pool,
): Promise<{ accounts: number; transactions: number } | undefined> {
  const { rows } = await (from as Tx).query<{ accounts: number; transactions: number }>(
    'select accounts, transactions from reporting.seed',
  );
  return rows[0];
}

async function insertLedger(tx: Tx): Promise<number> {
  let transactions = 0;
  for (let first = 0; first < CUSTOMER_COUNT; first += CUSTOMERS_PER_INSERT) {
    const count = Math.min(CUSTOMERS_PER_INSERT, CUSTOMER_COUNT - first);
    const books = Array.from({ length: count }, (_, offset) => generateCustomer(first + offset));
    await insertAccounts(
      tx,
      books.flatMap((book) => book.accounts),
    );
    const entries = books.flatMap((book) => book.entries);
    await insertEntries(tx, entries, transactions + 1);
    transactions += entries.length;
  }
  return transactions;
}

async function insertAccounts(tx: Tx, accounts: readonly SeedAccount[]): Promise<void> {
  await tx.query(
    `insert into reporting.account
       (account_id, iban, product, customer_no, holder_name, address, opened_on, opening_balance_cents)
     select account_id, iban, product, customer_no, holder_name,
            array(select json_array_elements_text(address)), opened_on, opening_balance_cents
     from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::json[], $7::date[], $8::bigint[])
       as a(account_id, iban, product, customer_no, holder_name, address, opened_on, opening_balance_cents)`,
    [
      ...(['account_id', 'iban', 'product', 'customer_no', 'holder_name'] as const).map((key) =>
        columnOf(accounts, key),
      ),
      accounts.map(({ address }) => JSON.stringify(address)),
      columnOf(accounts, 'opened_on'),
      columnOf(accounts, 'opening_balance_cents'),
    ],
  );
}

async function insertEntries(tx: Tx, entries: readonly SeedEntry[], firstId: number): Promise<void> {
  await tx.query(
    `insert into reporting.transaction
       (account_id, booked_on, transaction_id, value_on, amount_cents, category, counterparty, counterparty_iban, reference)
     select account_id, booked_on, $9::bigint + position - 1, value_on, amount_cents, category, counterparty,
            counterparty_iban, reference
     from unnest($1::int[], $2::date[], $3::date[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])
       with ordinality as t(account_id, booked_on, value_on, amount_cents, category, counterparty, counterparty_iban,
                            reference, position)`,
    [
      columnOf(entries, 'account_id'),
      entries.map(({ booked_day }) => toDate(booked_day)),
      entries.map(({ value_day }) => toDate(value_day)),
      ...(['amount_cents', 'category', 'counterparty', 'counterparty_iban', 'reference'] as const).map((key) =>
        columnOf(entries, key),
      ),
      firstId,
    ],
  );
}

function columnOf<T, K extends keyof T>(rows: readonly T[], key: K): T[K][] {
  return rows.map((row) => row[key]);
}

/**
 * The transactions of accounts in a period, both dates included, and each account's balance before it.
 * Accounts are in the requested order, without unknown IBANs; transactions are by booking date and id.
 */
export async function readMovements(
  pool: Pool,
  ask: { from_date: string; to_date: string; account_list: readonly string[] },
): Promise<Movements> {
  const { rows: accounts } = await pool.query<LedgerAccount & { account_id: number }>({
    name: 'reporting_accounts',
    text: `select a.account_id, a.iban, a.product, a.customer_no, a.holder_name, a.address, a.currency,
                  a.opening_balance_cents + coalesce((
                    select sum(t.amount_cents)::bigint from reporting.transaction t
                    where t.account_id = a.account_id and t.booked_on < $2::date), 0) as opening_balance_cents
           from unnest($1::text[]) with ordinality as wanted(iban, position)
           join reporting.account a on a.iban = wanted.iban
           order by wanted.position`,
    values: [ask.account_list, ask.from_date],
  });
  const { rows: transactions } = await pool.query<LedgerTransaction & { account_id: number }>({
    name: 'reporting_transactions',
    text: `select account_id, transaction_id, to_char(booked_on, 'YYYY-MM-DD') as booked_on,
                  to_char(value_on, 'YYYY-MM-DD') as value_on, amount_cents, category, counterparty,
                  counterparty_iban, reference
           from reporting.transaction
           where account_id = any($1::int[]) and booked_on between $2::date and $3::date
           order by account_id, booked_on, transaction_id`,
    values: [accounts.map((account) => account.account_id), ask.from_date, ask.to_date],
  });
  return { from_date: ask.from_date, to_date: ask.to_date, accounts: groupByAccount(accounts, transactions) };
}

function groupByAccount(
  accounts: readonly (LedgerAccount & { account_id: number })[],
  transactions: readonly (LedgerTransaction & { account_id: number })[],
): AccountMovements[] {
  const byId = new Map<number, LedgerTransaction[]>(accounts.map((account) => [account.account_id, []]));
  for (const { account_id, ...transaction } of transactions) {
    byId.get(account_id)?.push({
      ...transaction,
      transaction_id: Number(transaction.transaction_id),
      amount_cents: Number(transaction.amount_cents),
    });
  }
  return accounts.map(({ account_id, ...account }) => ({
    account: { ...account, opening_balance_cents: Number(account.opening_balance_cents) },
    transactions: byId.get(account_id) ?? [],
  }));
}
