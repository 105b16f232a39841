// The PDF: opens, holds every transaction on pages of their own number, and is the same to the byte each time.

import { expect, test } from 'vitest';
import { renderPdf } from '../../../reporting/render/pdf.ts';
import { readPdf } from '../pdf-reader.ts';
import { makeAccount, makeManyTransactions, makeStatement, makeTransaction } from '../statements.ts';

const twoYears = { from_date: '2025-01-01', to_date: '2026-12-31' };

test('the balance stands in the document information', async () => {
  const statement = makeStatement([makeAccount([makeTransaction({ amount_cents: -100_001 })])]);
  const { info } = readPdf(await renderPdf(statement));
  expect(info.Title).toBe('Account statement 20260331-C100000');
  expect(info.CreationDate).toBe('D:20260331000000Z');
  const facts = Object.fromEntries((info.Keywords ?? '').split('; ').map((fact) => fact.split('=')));
  expect(facts).toEqual({
    from_date: '2026-01-01',
    to_date: '2026-03-31',
    currency: 'EUR',
    account_count: '1',
    transaction_count: '1',
    opening_balance_cents: '100000',
    in_cents: '0',
    out_cents: '-100001',
    closing_balance_cents: '-1',
  });
});

test('every transaction is there once, with its amount and the balance after it', async () => {
  const account = makeAccount(makeManyTransactions(300));
  const { pages } = readPdf(await renderPdf(makeStatement([account])));
  const texts = pages.flat();
  for (const { counterparty } of account.transactions) {
    expect(texts.filter((text) => text === counterparty)).toEqual([counterparty]);
  }
  // Alternately one cent more in than went out before.
  expect(texts).toContain('+1.02');
  expect(texts).toContain('–1.01');
  const closing = 100_000 + account.transactions.reduce((sum, { amount_cents }) => sum + amount_cents, 0);
  expect(texts.at(texts.indexOf('Closing balance on 31 March 2026') + 1)).toBe(
    `1,00${String(closing).slice(3, 4)}.${String(closing).slice(4)}`,
  );
});

test('long statements number their pages, repeat the head of the table, and carry the balance over', async () => {
  const accounts = [400, 250, 3].map((count, index) =>
    makeAccount(makeManyTransactions(count), { product: `Account ${index}`, iban: `IE9${index}CQBK99041710007919` }),
  );
  const { pages } = readPdf(await renderPdf(makeStatement(accounts, twoYears)));
  expect(pages.length).toBeGreaterThan(15);
  for (const [index, texts] of pages.entries()) {
    expect(texts).toContain(`Page ${index + 1} of ${pages.length}`);
    const isTable = texts.some((text) => text.startsWith('Counterparty'));
    expect(texts.includes('Booked')).toBe(isTable);
    const carried = texts.indexOf('Balance carried forward');
    if (carried === -1) continue;
    const brought = pages[index + 1]?.indexOf('Balance brought forward') ?? -1;
    expect(pages[index + 1]?.[brought + 1]).toBe(texts[carried + 1]);
  }
  const forwards = (label: string) => pages.flat().filter((text) => text === label).length;
  expect(forwards('Balance carried forward')).toBe(forwards('Balance brought forward'));
  expect(forwards('Balance carried forward')).toBeGreaterThan(12);
});

test.each(Array.from({ length: 40 }, (_, index) => index + 1))(
  'the closing balance of %i transactions stands under the last of them',
  async (count) => {
    const { pages } = readPdf(await renderPdf(makeStatement([makeAccount(makeManyTransactions(count))])));
    const closing = pages.findIndex(
      (texts) => texts.includes('Closing balance on 31 March 2026') && texts.includes('Booked'),
    );
    expect(closing).toBe(pages.length - 1);
    expect(pages[closing]?.some((text) => text.startsWith('Counterparty'))).toBe(true);
  },
);

test('names in any European script are shown, and parentheses and backslashes are no syntax', async () => {
  const names = [
    'Łukasz Šťastný',
    'Ωmega Ελληνικά',
    'Дмитрий',
    'O’Brien (Éire) \\ Söhne',
    'Zoë – Begoña …',
    'Ő ű ğ ı ș ț',
  ];
  const account = makeAccount(
    names.map((counterparty, index) => makeTransaction({ transaction_id: index, counterparty })),
    { holder_name: 'Ğülşah Żółć-Đorđević' },
  );
  const { pages } = readPdf(await renderPdf(makeStatement([account])));
  const texts = pages.flat();
  for (const name of [...names, 'Ğülşah Żółć-Đorđević', '€ 1,000.00']) expect(texts).toContain(name);
});

test('a text that is too long ends in an ellipsis, within its column', async () => {
  const reference = 'Invoice '.repeat(60);
  const { pages } = readPdf(await renderPdf(makeStatement([makeAccount([makeTransaction({ reference })])])));
  const shown = pages.flat().filter((text) => text.startsWith('Invoice Invoice'));
  expect(shown).toHaveLength(1);
  expect(shown[0]).toMatch(/^(Invoice )+.{0,8}…$/);
  expect(shown[0]?.length).toBeLessThan(140);
});

test('without transactions it says so', async () => {
  const { pages } = readPdf(await renderPdf(makeStatement([makeAccount([]), makeAccount([])])));
  expect(pages.flat().filter((text) => text === 'No transactions in this period.')).toHaveLength(2);
  expect(pages.flat()).not.toContain('By category');
});

test('a hundred accounts of several holders are each shown with their holder', async () => {
  const accounts = Array.from({ length: 100 }, (_, index) =>
    makeAccount([makeTransaction()], { customer_no: `C${index}`, holder_name: `Holder ${index}` }),
  );
  const { pages } = readPdf(await renderPdf(makeStatement(accounts)));
  const texts = pages.flat();
  for (let index = 0; index < 100; index++) {
    expect(texts.filter((text) => text === `Current account · Holder ${index}`).length).toBeGreaterThanOrEqual(2);
  }
});

test('ten years of months fit, over pages', async () => {
  const period = { from_date: '2017-01-01', to_date: '2026-12-31' };
  const { pages } = readPdf(await renderPdf(makeStatement([makeAccount([makeTransaction()])], period)));
  expect(pages.flat().filter((text) => /^[A-Z][a-z]+ 20\d\d$/.test(text)).length).toBe(121);
});

test('the same statement gives the same bytes', async () => {
  const make = () => renderPdf(makeStatement([makeAccount(makeManyTransactions(90)), makeAccount([])]));
  expect((await make()).equals(await make())).toBe(true);
});
