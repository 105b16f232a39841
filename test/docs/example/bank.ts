// The bank of the README's example: keeps its books in memory and takes every request any number of times.
// Promises that a payout is reserved once and transferred once, however often it is asked.

const START_CENTS = 1_000_000;
let available_cents = START_CENTS;
const reserved = new Map<string, number>();
const transfers = new Map<string, string>();

export const bank = {
  /** Answers false where the funds do not suffice. */
  async reserve(payout_id: string, amount_cents: number): Promise<boolean> {
    if (reserved.has(payout_id)) return true;
    if (amount_cents > available_cents) return false;
    available_cents -= amount_cents;
    reserved.set(payout_id, amount_cents);
    return true;
  },

  /** Answers the id of the transfer, the same for the same payout. */
  async transfer(payout_id: string): Promise<string> {
    if (!reserved.has(payout_id)) throw new Error(`Nothing is reserved for ${payout_id}.`);
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
