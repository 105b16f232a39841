// A statement as one HTML file: nothing is loaded from elsewhere, nothing runs, and it prints like the PDF.
// Every text of the data is escaped; a <meta> element contains the balance for machines.

import { categoryLabel } from '../categories.ts';
import { formatIban } from '../iban.ts';
import {
  type AccountMovements,
  type AccountOverview,
  type LedgerTransaction,
  type Overview,
  runningBalances,
} from '../statement.ts';
import { formatCents, formatChange, formatLongDate, formatMonth, formatShortDate } from './format.ts';
import { drawMonthChart } from './html/chart.ts';
import { type Html, html, join } from './html/escape.ts';
import { STYLE } from './html/style.ts';
import {
  BANK,
  detailOf,
  factsOf,
  type Heading,
  headingOf,
  highestOf,
  LEGAL,
  machineReadable,
  movementOf,
  type Statement,
  totalsOf,
} from './letter.ts';

export function renderHtml(statement: Statement): string {
  const heading = headingOf(statement);
  const { movements, summary } = statement;
  const accounts = movements.accounts.map((account, index) => {
    const holder = heading.has_several_holders ? account.account.holder_name : null;
    return accountSection(account, summary.accounts[index] as AccountOverview, holder, movements);
  });
  const page = html`<!doctype html>
<html lang="en-IE">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading.title} ${heading.statement_no}</title>
<meta name="author" content="${BANK.name}">
${join(Object.entries(machineReadable(statement)).map(([name, value]) => html`<meta name="${name}" content="${value}">\n`))}<style>${STYLE}</style>
</head>
<body>
<main data-closing-balance-cents="${String(summary.overall.closing_balance_cents)}">
${letterhead(heading, statement)}
${summaryBox(statement)}
${summary.accounts.length > 1 ? accountList(statement, heading) : html``}
${overviewSection(summary.overall)}
${join(accounts)}
<footer>${join(LEGAL.map((text) => html`<p>${text}</p>`))}</footer>
</main>
</body>
</html>
`;
  return page.text;
}

function letterhead(heading: Heading, statement: Statement): Html {
  return html`<header class="bank">${MARK}<div><strong>${BANK.name}</strong><small>${BANK.website}</small></div>
<address>${BANK.address}<br>${BANK.phone}<br>BIC ${BANK.bic}</address></header>
<div class="letter"><div class="to"><small>${BANK.name} · ${BANK.address}</small>${join(heading.addressee.map((line) => html`<div>${line}</div>`))}</div>
<dl>${join(factsOf(statement, heading).map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`))}</dl></div>
<h1>${heading.title}</h1><p class="period">${heading.period}</p>`;
}

function summaryBox(statement: Statement): Html {
  const cells = totalsOf(statement).map(
    ([label, cents, note]) =>
      html`<div><span>${label}</span><strong>€ ${formatCents(cents, '−')}</strong><small>${note}</small></div>`,
  );
  return html`<section class="summary">${join(cells)}</section>`;
}

function accountList({ movements, summary }: Statement, heading: Heading): Html {
  const rows = summary.accounts.map((totals, index) => {
    const account = movements.accounts[index]?.account;
    const holder = heading.has_several_holders && account ? ` · ${account.holder_name}` : '';
    return html`<tr><td><strong>${account?.product ?? ''}${holder}</strong><small>${formatIban(totals.iban)}</small></td>
${balance(totals.opening_balance_cents)}${amount(totals.in_cents)}${amount(totals.out_cents)}${balance(totals.closing_balance_cents, 'total')}</tr>`;
  });
  return html`<section><h2>Your accounts</h2><table><thead><tr><th>Account</th><th class="n">Opening balance</th><th class="n">Money in</th>
<th class="n">Money out</th><th class="n">Closing balance</th></tr></thead><tbody>${join(rows)}</tbody></table></section>`;
}

function overviewSection(overall: Overview): Html {
  const months = overall.months.map(
    (month) =>
      html`<tr><td>${formatMonth(month.month)}</td>${amount(month.in_cents)}${amount(month.out_cents)}${balance(month.closing_balance_cents)}</tr>`,
  );
  const highest = Math.max(1, highestOf(overall.categories));
  const bar = (kind: string, cents: number) =>
    html`<i class="${kind}" style="width:${String(Math.round((cents / highest) * 1000) / 10)}%"></i>`;
  const categories = overall.categories.map(
    (
      category,
    ) => html`<tr><td>${categoryLabel(category.category)}</td><td class="bars">${bar('in', category.in_cents)}${bar('out', -category.out_cents)}</td>
<td class="n">${category.in_cents > 0 ? formatChange(category.in_cents, '−') : ''}</td><td class="n">${category.out_cents < 0 ? formatChange(category.out_cents, '−') : ''}</td></tr>`,
  );
  const categoryTable = html`<section><h2>By category</h2><table class="dense"><thead><tr><th>Category</th><th></th><th class="n">Money in</th>
<th class="n">Money out</th></tr></thead><tbody>${join(categories)}</tbody></table></section>`;
  return html`<section class="months"><h2>Month by month</h2><div>${overall.transaction_count > 0 ? drawMonthChart(overall.months) : html``}
<table class="dense"><thead><tr><th>Month</th><th class="n">Money in</th><th class="n">Money out</th><th class="n">Balance</th></tr></thead>
<tbody>${join(months)}</tbody></table></div></section>${categories.length > 0 ? categoryTable : html``}`;
}

function accountSection(
  movements: AccountMovements,
  totals: AccountOverview,
  holder: string | null,
  period: { from_date: string; to_date: string },
): Html {
  const { account, transactions } = movements;
  const balances = runningBalances(movements);
  const rows = transactions.map((transaction, index) => transactionRow(transaction, balances[index] as number));
  return html`<section class="account" data-iban="${totals.iban}" data-closing-balance-cents="${String(totals.closing_balance_cents)}">
<h2>${account.product}${holder ? ` · ${holder}` : ''}<span>IBAN ${formatIban(totals.iban)}</span></h2>
<table class="transactions"><thead><tr><th>Booked</th><th>Details</th><th>Category</th><th class="n">Amount €</th><th class="n">Balance €</th></tr></thead>
<tbody><tr class="carried"><td></td><td colspan="3">Opening balance before ${formatLongDate(period.from_date)}</td>${balance(totals.opening_balance_cents, 'total')}</tr>
${rows.length > 0 ? join(rows) : html`<tr class="none"><td></td><td colspan="4">No transactions in this period.</td></tr>`}
<tr class="closing"><td></td><td colspan="3">Closing balance on ${formatLongDate(period.to_date)}<small>${movementOf(totals, '−')}</small></td>${balance(totals.closing_balance_cents, 'total')}</tr></tbody></table></section>`;
}

function transactionRow(transaction: LedgerTransaction, after: number): Html {
  const { booked_on, counterparty, category, amount_cents } = transaction;
  return html`<tr data-transaction="${String(transaction.transaction_id)}"><td>${formatShortDate(booked_on)}</td><td>${counterparty}<small>${detailOf(transaction)}</small></td>
<td>${categoryLabel(category)}</td><td class="n${amount_cents > 0 ? ' credit' : ''}">${formatChange(amount_cents, '−')}</td>${balance(after)}</tr>
`;
}

function amount(cents: number): Html {
  return html`<td class="n">${formatCents(cents, '−')}</td>`;
}

function balance(cents: number, kind = ''): Html {
  return html`<td class="n ${kind}${cents < 0 ? ' owed' : ''}">${formatCents(cents, '−')}</td>`;
}

const MARK = html`<svg viewBox="0 0 24 24" width="36" height="36" aria-hidden="true"><rect width="24" height="24" rx="4" fill="#0f3d4c"/><path fill="#fff" d="M6 5h12v3h-2.5v4h-2V8h-3v4h-2V8H6z"/><path fill="none" stroke="#be763a" stroke-width="1.8" d="M4 15.4c2-1.6 4-1.6 6 0s4 1.6 6 0 2.6-1.1 4 0M4 19.4c2-1.6 4-1.6 6 0s4 1.6 6 0 2.6-1.1 4 0"/></svg>`;
