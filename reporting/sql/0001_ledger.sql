-- The ledger of the bundled bank: accounts and what was booked on them.
-- Money is in integer cents; every account is in euro. Written once, by the seed; read by StatementQuery.

create table reporting.account (
  account_id            integer primary key,
  iban                  text not null unique,
  product               text not null,
  customer_no           text not null,
  holder_name           text not null,
  address               text[] not null,
  opened_on             date not null,
  currency              text not null default 'EUR' check (currency = 'EUR'),
  -- The balance before the first transaction.
  opening_balance_cents bigint not null
);

-- Keyed as it is read: one account's days in order. A page then holds neighbours, and no second index is needed.
create table reporting.transaction (
  account_id        integer not null references reporting.account,
  booked_on         date not null,
  transaction_id    bigint not null,
  value_on          date not null,
  amount_cents      bigint not null check (amount_cents <> 0),
  category          text not null,
  counterparty      text not null,
  counterparty_iban text,
  reference         text not null,
  primary key (account_id, booked_on, transaction_id)
);

-- One row, written in the transaction that filled the two tables: it is there, or nothing is.
create table reporting.seed (
  only_row          boolean primary key default true check (only_row),
  accounts          integer not null,
  transactions      integer not null,
  seeded_at         timestamptz not null default now()
);
