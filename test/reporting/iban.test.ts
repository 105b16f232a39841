// IBANs: the check digits of published examples, and of every account in the ledger.

import { expect, test } from 'vitest';
import { formatIban, isIban, makeIban } from '../../reporting/iban.ts';
import { ACCOUNT_COUNT, CUSTOMER_COUNT, generateCustomer, ibanOfAccount } from '../../reporting/seed/generate.ts';

test.each([
  ['DE', '370400440532013000', 'DE89370400440532013000'],
  ['GB', 'WEST12345698765432', 'GB82WEST12345698765432'],
  ['NL', 'ABNA0417164300', 'NL91ABNA0417164300'],
  ['IE', 'AIBK93115212345678', 'IE29AIBK93115212345678'],
])('the registry example of %s', (country, bban, iban) => {
  expect(makeIban(country, bban)).toBe(iban);
  expect(isIban(iban)).toBe(true);
});

test('one digit off is not an IBAN', () => {
  expect(isIban('DE89370400440532013001')).toBe(false);
  expect(isIban('DE98370400440532013000')).toBe(false);
  expect(isIban('')).toBe(false);
});

test('is printed in groups of four', () => {
  expect(formatIban('IE29AIBK93115212345678')).toBe('IE29 AIBK 9311 5212 3456 78');
  expect(formatIban('GB82WEST12345698765432')).toBe('GB82 WEST 1234 5698 7654 32');
});

test('every account of the ledger, and everyone it deals with, has a valid one', () => {
  const ibans = new Set<string>();
  const others = new Set<string>();
  for (let customer = 0; customer < CUSTOMER_COUNT; customer++) {
    const { accounts, entries } = generateCustomer(customer);
    for (const account of accounts) ibans.add(account.iban);
    for (const entry of entries) if (entry.counterparty_iban) others.add(entry.counterparty_iban);
  }
  expect(ibans.size).toBe(ACCOUNT_COUNT);
  expect([...ibans][0]).toBe(ibanOfAccount(1));
  expect([...ibans, ...others].filter((iban) => !isIban(iban))).toEqual([]);
});
