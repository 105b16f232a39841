// Statements made by hand, for tests that need no ledger: ordinary ones, and ones with hostile names.

import type { Statement } from '../../reporting/render/letter.ts';
import type { AccountMovements, LedgerTransaction, Movements } from '../../reporting/statement.ts';
import { summarize } from '../../reporting/statement.ts';

export function makeTransaction(fields: Partial<LedgerTransaction> = {}): LedgerTransaction {
  return {
    transaction_id: 1,
    booked_on: '2026-01-05',
    value_on: '2026-01-05',
    amount_cents: -1234,
    category: 'groceries',
    counterparty: 'Greenway Market',
    counterparty_iban: null,
    reference: 'Dublin, 03/01, card ending 0576',
    ...fields,
  };
}

export function makeAccount(
  transactions: LedgerTransaction[],
  account: Partial<AccountMovements['account']> = {},
): AccountMovements {
  return {
    account: {
      iban: 'IE96CQBK99041710007919',
      product: 'Current account',
      customer_no: 'C100000',
      holder_name: 'Małgorzata Müller',
      address: ['4 Mill Lane', 'Dublin 8, D08 XY47', 'Ireland'],
      currency: 'EUR',
      opening_balance_cents: 100_000,
      ...account,
    },
    transactions,
  };
}

export function makeStatement(accounts: AccountMovements[], period: Partial<Movements> = {}): Statement {
  const movements: Movements = { from_date: '2026-01-01', to_date: '2026-03-31', accounts, ...period };
  return { movements, summary: summarize(movements) };
}

/** So many transactions, each told apart by its counterparty, alternating in and out over the period's first month. */
export function makeManyTransactions(count: number): LedgerTransaction[] {
  return Array.from({ length: count }, (_, index) =>
    makeTransaction({
      transaction_id: index + 1,
      booked_on: `2026-01-${String(1 + (index % 28)).padStart(2, '0')}`,
      amount_cents: (index % 2 === 0 ? -1 : 1) * (index + 101),
      counterparty: `Counterparty ${index}`,
      counterparty_iban: index % 3 === 0 ? 'DE78999204457025727156' : null,
    }),
  ).sort((a, b) =>
    a.booked_on < b.booked_on ? -1 : a.booked_on > b.booked_on ? 1 : a.transaction_id - b.transaction_id,
  );
}
