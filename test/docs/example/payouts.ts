// payouts.ts: a process as data, and the handlers of its commands. Neither knows of chaos.

import type { Application } from 'faultline';
import { BusinessRuleError, defineProcess } from 'faultline';
import { z } from 'zod';
import { bank } from './bank.ts';

const transferred = z.object({ transfer_id: z.string() });

export const payout = defineProcess({
  type: 'Payout',
  version: 1,
  domain: 'payouts',
  input: z.strictObject({ amount_cents: z.number().int().positive() }),
  state: z.object({ amount_cents: z.number().int(), transfer_id: z.string().nullable() }),
  start: ({ amount_cents }) => ({ amount_cents, transfer_id: null }),
  steps: [
    {
      key: 'reserve',
      command: 'ReserveFunds',
      request: ({ amount_cents }, { process_id }) => ({ payout_id: process_id, amount_cents }),
      compensate: { command: 'ReleaseFunds', request: (_state, { process_id }) => ({ payout_id: process_id }) },
    },
    {
      key: 'transfer',
      command: 'Transfer',
      request: ({ amount_cents }, { process_id }) => ({ payout_id: process_id, amount_cents }),
      onReply: (state, reply) => ({ ...state, ...transferred.parse(reply.result) }),
    },
  ],
});

type Payout = { payout_id: string; amount_cents: number };

export const application: Application = {
  name: 'payouts',
  processes: [payout],
  register(registry) {
    registry.register<Payout>('payouts', 'ReserveFunds', async ({ payout_id, amount_cents }) => {
      const reserved = await bank.reserve(payout_id, amount_cents);
      if (!reserved) throw new BusinessRuleError('FUNDS_TOO_LOW', `Not enough for ${amount_cents} cents.`);
    });
    registry.register<Payout>('payouts', 'Transfer', async ({ payout_id }, { signal }) => {
      signal.throwIfAborted(); // the lease may have expired: check before the effect
      return { transfer_id: await bank.transfer(payout_id) };
    });
    registry.register<Payout>('payouts', 'ReleaseFunds', ({ payout_id }) => bank.release(payout_id));
  },
};
