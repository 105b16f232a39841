// The HTML: one file that loads and runs nothing, with every text escaped and every transaction in it.

import { expect, test } from 'vitest';
import { renderHtml } from '../../../reporting/render/html.ts';
import { makeAccount, makeManyTransactions, makeStatement, makeTransaction } from '../statements.ts';

const HOSTILE = `<script>alert(1)</script><img src=x onerror=alert(2)>"'&</td></table>`;

test('nothing of a hostile name or text becomes markup', () => {
  const account = makeAccount(
    [makeTransaction({ counterparty: HOSTILE, reference: HOSTILE, category: HOSTILE, counterparty_iban: HOSTILE })],
    { holder_name: HOSTILE, product: HOSTILE, address: [HOSTILE], iban: HOSTILE, customer_no: HOSTILE },
  );
  const harmless = makeAccount(
    [makeTransaction({ counterparty: 'x', reference: 'x', category: 'x', counterparty_iban: 'x' })],
    { holder_name: 'x', product: 'x', address: ['x'], iban: 'x', customer_no: 'x' },
  );
  const page = renderHtml(makeStatement([account]));
  expect(page).not.toMatch(/<script|<img|onerror=alert\(2\)>"/);
  expect(page).toContain(
    '&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&quot;&#39;&amp;&lt;/td&gt;',
  );
  // The same elements as for harmless texts: none was opened, none was closed.
  const elements = (html: string) => html.match(/<\/?[a-z][a-z0-9]*/g);
  expect(elements(page)).toEqual(elements(renderHtml(makeStatement([harmless]))));
});

test('nothing is loaded and nothing runs', () => {
  const page = renderHtml(makeStatement([makeAccount(makeManyTransactions(50)), makeAccount([])]));
  expect(page).not.toMatch(/<(script|link|iframe|object|embed|img|base|form)\b/i);
  expect(page).not.toMatch(/\s(src|href|action|xlink:href|on\w+)=/i);
  expect(page).not.toMatch(/url\(|@import|https?:/i);
});

test('the balance is there for machines, overall and for each account', () => {
  const accounts = [
    makeAccount([makeTransaction({ amount_cents: 55 })]),
    makeAccount([], { iban: 'IE25CQBK99041710245489', opening_balance_cents: -7 }),
  ];
  const page = renderHtml(makeStatement(accounts));
  expect(page).toContain('<meta name="closing_balance_cents" content="100048">');
  expect(page).toContain('<main data-closing-balance-cents="100048">');
  expect(page).toContain('data-iban="IE25CQBK99041710245489" data-closing-balance-cents="-7"');
});

test('every transaction has its row, in order, with the balance after it', () => {
  const account = makeAccount(makeManyTransactions(120));
  const page = renderHtml(makeStatement([account]));
  const rows = [...page.matchAll(/<tr data-transaction="(\d+)">(.*?)<\/tr>/gs)];
  expect(rows.map(([, id]) => Number(id))).toEqual(account.transactions.map(({ transaction_id }) => transaction_id));
  let balance = 100_000;
  for (const [index, [, , row]] of rows.entries()) {
    balance += account.transactions[index]?.amount_cents ?? 0;
    const shown = /<td class="n ">([\d,.]+)<\/td>$/.exec((row ?? '').trim())?.[1];
    expect(Number(shown?.replace(/[,.]/g, ''))).toBe(balance);
  }
});

test('negative amounts have a minus and overdrawn balances are marked', () => {
  const page = renderHtml(makeStatement([makeAccount([makeTransaction({ amount_cents: -123_456_789 })])]));
  expect(page).toContain('<td class="n">−1,234,567.89</td>');
  expect(page).toContain('<td class="n  owed">−1,233,567.89</td>');
});

test('without transactions it says so and has no chart', () => {
  const page = renderHtml(makeStatement([makeAccount([])]));
  expect(page).toContain('No transactions in this period.');
  expect(page).not.toContain('class="chart"');
});
