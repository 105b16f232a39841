// Movements as a file of NDJSON: a head, then for each account a line and a line for each of its transactions.
// In stable order, so that a repeated attempt writes the same bytes. The counts in the head show if it is complete.

import type { AccountMovements, LedgerAccount, LedgerTransaction, Movements } from './statement.ts';

interface Head {
  from_date: string;
  to_date: string;
  account_count: number;
  transaction_count: number;
}

export function encodeMovements({ from_date, to_date, accounts }: Movements): string {
  const transaction_count = countTransactions(accounts);
  const head: Head = { from_date, to_date, account_count: accounts.length, transaction_count };
  const lines = [JSON.stringify(head)];
  for (const { account, transactions } of accounts) {
    lines.push(JSON.stringify({ account }));
    for (const transaction of transactions) lines.push(JSON.stringify(transaction));
  }
  return `${lines.join('\n')}\n`;
}

/** @throws Error when the text is not a whole file of movements. */
export function decodeMovements(text: string): Movements {
  const [first = '', ...rest] = text.trimEnd().split('\n');
  const head = JSON.parse(first) as Head;
  const accounts: AccountMovements[] = [];
  for (const line of rest) {
    const entry = JSON.parse(line) as LedgerTransaction | { account: LedgerAccount };
    if ('account' in entry) accounts.push({ account: entry.account, transactions: [] });
    else accounts.at(-1)?.transactions.push(entry);
  }
  if (accounts.length !== head.account_count || countTransactions(accounts) !== head.transaction_count) {
    throw new Error(
      `${accounts.length} accounts and ${countTransactions(accounts)} transactions are not what the head says: ${first}`,
    );
  }
  return { from_date: head.from_date, to_date: head.to_date, accounts };
}

export function countTransactions(accounts: readonly AccountMovements[]): number {
  return accounts.reduce((sum, { transactions }) => sum + transactions.length, 0);
}
