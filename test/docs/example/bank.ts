// The bank of the README's example. It keeps its books in memory, and every request may be repeated.
// A payout is reserved once and transferred once, however often that is requested.

const START_CENTS = 1_000_000;
let available_cents = START_CENTS;
const reserved = new Map<string, number>();
const transfers = new Map<string, string>();

export const bank = {
  /** Returns false if the funds do not suffice. */
  async reserve(payout_id: string, amount_cents: number): Promise<boolean> {
    if (reserved.has(payout_id)) return true;
    if (amount_cents > available_cents) return false;
    available_cents -= amount_cents;
    reserved.set(payout_id, amount_cents);
    return true;
  },

  /** Returns the id of the transfer, which is the same for the same payout. */
  async transfer(payout_id: string): Promise<string> {
    if (!reserved.has(payout_id)) throw new Error(`No funds are reserved for ${payout_id}.`);
    const transfer_id = transfers.get(payout_id) ?? `transfer-${transfers.size + 1}`;
    transfers.set(payout_id, transfer_id);
    return transfer_id;
  },

  async release(payout_id: string): Promise<void> {
    available_cents += reserved.get(payout_id) ?? 0;
    reserved.delete(payout_id);
  },

  books: () => ({ start_cents: START_CENTS, available_cents, reserved, transfers }),
};
