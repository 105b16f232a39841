// The texts that all renderings share: letterhead, legal text, headings, facts and totals. Pure.

import { formatIban } from '../iban.ts';
import type { LedgerTransaction, Movements, Summary, Totals } from '../statement.ts';
import { formatChange, formatLongDate, formatShortDate, type Minus } from './format.ts';

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
  /** Name and address of the holder of the first account. */
  addressee: string[];
  /** Each account is shown with its holder. */
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

export function factsOf(
  { summary }: Statement,
  heading: Heading,
): readonly (readonly [label: string, value: string])[] {
  return [
    ['Statement date', heading.issued_on],
    ['Statement no.', heading.statement_no],
    ['Customer no.', heading.customer_no],
    ['Accounts', String(summary.accounts.length)],
    ['Currency', 'Euro (EUR)'],
  ];
}

export function totalsOf({ summary }: Statement): readonly (readonly [label: string, cents: number, note: string])[] {
  const { opening_balance_cents, in_cents, out_cents, closing_balance_cents } = summary.overall;
  return [
    ['Opening balance', opening_balance_cents, `before ${formatLongDate(summary.from_date)}`],
    ['Money in', in_cents, 'credited to your accounts'],
    ['Money out', out_cents, 'debited from your accounts'],
    ['Closing balance', closing_balance_cents, `on ${formatLongDate(summary.to_date)}`],
  ];
}

/** Reference, value date where it differs, and IBAN of the counterparty. */
export function detailOf({ reference, counterparty_iban, value_on, booked_on }: LedgerTransaction): string {
  return [
    reference,
    value_on !== booked_on && `value date ${formatShortDate(value_on)}`,
    counterparty_iban && formatIban(counterparty_iban),
  ]
    .filter(Boolean)
    .join(' · ');
}

export function movementOf({ transaction_count, in_cents, out_cents }: Totals, minus: Minus): string {
  const count = `${transaction_count} transaction${transaction_count === 1 ? '' : 's'}`;
  return `${count} · in ${formatChange(in_cents, minus)} · out ${formatChange(out_cents, minus)}`;
}

/** The largest amount, in or out: the scale of a chart. */
export function highestOf(totals: readonly { in_cents: number; out_cents: number }[]): number {
  return Math.max(0, ...totals.map(({ in_cents, out_cents }) => Math.max(in_cents, -out_cents)));
}

/** Metadata of the document, for programs. */
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
