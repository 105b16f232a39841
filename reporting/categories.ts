// The categories of the ledger, in the order of a statement.

const CATEGORIES = {
  salary: 'Salary and pension',
  sales: 'Customer payments',
  transfer: 'Transfers',
  interest: 'Interest',
  rent: 'Rent and mortgage',
  groceries: 'Groceries',
  utilities: 'Energy and telecom',
  insurance: 'Insurance',
  subscriptions: 'Subscriptions',
  card: 'Card payments',
  transport: 'Transport and travel',
  cash: 'Cash withdrawals',
  payroll: 'Payroll',
  suppliers: 'Suppliers',
  tax: 'Taxes and levies',
  fees: 'Bank fees',
} as const;

export type Category = keyof typeof CATEGORIES;

export const CATEGORY_KEYS = Object.keys(CATEGORIES) as Category[];

export function categoryLabel(category: string): string {
  return (CATEGORIES as Record<string, string>)[category] ?? category;
}
