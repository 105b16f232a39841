// A statement as data: its transactions (movements) and their totals (summary).
// Pure; money is in integer cents, out is negative, so opening + in + out = closing, everywhere.

import { CATEGORY_KEYS } from './categories.ts';

export interface LedgerAccount {
  iban: string;
  product: string;
  customer_no: string;
  holder_name: string;
  address: string[];
  currency: string;
  /** Before the first day of the period. */
  opening_balance_cents: number;
}

export interface LedgerTransaction {
  transaction_id: number;
  booked_on: string;
  value_on: string;
  amount_cents: number;
  category: string;
  counterparty: string;
  counterparty_iban: string | null;
  reference: string;
}

export interface AccountMovements {
  account: LedgerAccount;
  transactions: LedgerTransaction[];
}

/** The period and everything booked in it, as StatementQuery stores it. */
export interface Movements {
  from_date: string;
  to_date: string;
  accounts: AccountMovements[];
}

export interface Totals {
  opening_balance_cents: number;
  in_cents: number;
  /** Never positive. */
  out_cents: number;
  closing_balance_cents: number;
  transaction_count: number;
}

export interface CategoryTotal {
  category: string;
  in_cents: number;
  out_cents: number;
  transaction_count: number;
}

export interface MonthTotal extends Totals {
  /** `2026-03`. */
  month: string;
}

export interface Overview extends Totals {
  /** Only categories that occur, in the order of the ledger's list. */
  categories: CategoryTotal[];
  /** Every month the period touches, also those without a booking. */
  months: MonthTotal[];
}

export interface AccountOverview extends Overview {
  iban: string;
}

/** What the movements come to, as StatementDataAggregation stores it. */
export interface Summary {
  from_date: string;
  to_date: string;
  currency: string;
  accounts: AccountOverview[];
  overall: Overview;
}

export function summarize(movements: Movements): Summary {
  const months = monthsBetween(movements.from_date, movements.to_date);
  const accounts = movements.accounts.map(({ account, transactions }) => ({
    iban: account.iban,
    ...overview(account.opening_balance_cents, transactions, months),
  }));
  const opening = movements.accounts.reduce((sum, { account }) => sum + account.opening_balance_cents, 0);
  const all = movements.accounts.flatMap(({ transactions }) => transactions);
  return {
    from_date: movements.from_date,
    to_date: movements.to_date,
    currency: movements.accounts[0]?.account.currency ?? 'EUR',
    accounts,
    overall: overview(opening, all, months),
  };
}

/** The balance after each transaction, in their order. */
export function runningBalances({ account, transactions }: AccountMovements): number[] {
  let balance = account.opening_balance_cents;
  return transactions.map((transaction) => {
    balance += transaction.amount_cents;
    return balance;
  });
}

function overview(opening: number, transactions: readonly LedgerTransaction[], months: readonly string[]): Overview {
  return {
    ...totals(opening, transactions),
    categories: byCategory(transactions),
    months: byMonth(opening, transactions, months),
  };
}

function totals(opening_balance_cents: number, transactions: readonly LedgerTransaction[]): Totals {
  let in_cents = 0;
  let out_cents = 0;
  for (const { amount_cents } of transactions) {
    if (amount_cents > 0) in_cents += amount_cents;
    else out_cents += amount_cents;
  }
  const closing_balance_cents = opening_balance_cents + in_cents + out_cents;
  return { opening_balance_cents, in_cents, out_cents, closing_balance_cents, transaction_count: transactions.length };
}

function byCategory(transactions: readonly LedgerTransaction[]): CategoryTotal[] {
  const rank = (category: string) => (CATEGORY_KEYS as readonly string[]).indexOf(category);
  return [...group(transactions, (transaction) => transaction.category)]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([category, items]) => {
      const { in_cents, out_cents, transaction_count } = totals(0, items);
      return { category, in_cents, out_cents, transaction_count };
    });
}

function byMonth(opening: number, transactions: readonly LedgerTransaction[], months: readonly string[]): MonthTotal[] {
  const groups = group(transactions, (transaction) => transaction.booked_on.slice(0, 7));
  let balance = opening;
  return months.map((month) => {
    const total = totals(balance, groups.get(month) ?? []);
    balance = total.closing_balance_cents;
    return { month, ...total };
  });
}

function group<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const found = groups.get(key);
    if (found) found.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** `2026-01` ... of a period, its first and last month included. */
export function monthsBetween(from_date: string, to_date: string): string[] {
  const index = (date: string) => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;
  const first = index(from_date);
  return Array.from({ length: index(to_date) - first + 1 }, (_, offset) => {
    const at = first + offset;
    return `${String(Math.floor(at / 12)).padStart(4, '0')}-${String((at % 12) + 1).padStart(2, '0')}`;
  });
}
