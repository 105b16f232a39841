// What every rendering says alike: the bank's letterhead and legal text, and the headings drawn from the data.
// Pure, so that a repeated rendering is the same to the byte.

import type { Movements, Summary } from '../statement.ts';
import { formatLongDate } from './format.ts';

/** What is rendered. */
export interface Statement {
  movements: Movements;
  summary: Summary;
}

export const BANK = {
  name: 'Calder & Quay Bank',
  legal_name: 'Calder & Quay Bank DAC',
  bic: 'CQBKIE2DXXX',
  address: '4 Lantern Quay, Dublin 1, Ireland',
  phone: '+353 1 555 01 00',
  website: 'calderquay.example',
} as const;

export const LEGAL = [
  'Please check this statement. Tell us within 60 days of the statement date if an entry is wrong; after that we take it as agreed. ' +
    'Your deposits with us are protected up to €100,000 per customer by the deposit guarantee scheme under Directive 2014/49/EU.',
  `${BANK.legal_name} · ${BANK.address} · BIC ${BANK.bic} · ${BANK.phone} · ${BANK.website} · Specimen of an invented bank, made from generated data.`,
] as const;

export interface Heading {
  title: string;
  period: string;
  statement_no: string;
  issued_on: string;
  customer_no: string;
  /** The name and address of whoever holds the first account. */
  addressee: string[];
  /** The accounts belong to more than one customer: each is shown with its holder. */
  has_several_holders: boolean;
}

export function headingOf({ movements }: Statement): Heading {
  const { from_date, to_date, accounts } = movements;
  const first = accounts[0]?.account;
  const customer_no = first?.customer_no ?? '';
  return {
    title: accounts.length === 1 ? 'Account statement' : 'Combined account statement',
    period: `${formatLongDate(from_date)} to ${formatLongDate(to_date)}`,
    statement_no: `${to_date.replaceAll('-', '')}-${customer_no}`,
    issued_on: formatLongDate(to_date),
    customer_no,
    addressee: first ? [first.holder_name, ...first.address] : [],
    has_several_holders: new Set(accounts.map(({ account }) => account.customer_no)).size > 1,
  };
}

/** What a program finds in a statement without reading it: `key=value`, separated by `; `. */
export function machineReadable({ summary }: Statement): Record<string, string> {
  const { overall } = summary;
  return {
    from_date: summary.from_date,
    to_date: summary.to_date,
    currency: summary.currency,
    account_count: String(summary.accounts.length),
    transaction_count: String(overall.transaction_count),
    opening_balance_cents: String(overall.opening_balance_cents),
    in_cents: String(overall.in_cents),
    out_cents: String(overall.out_cents),
    closing_balance_cents: String(overall.closing_balance_cents),
  };
}
