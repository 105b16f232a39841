// The lost acknowledgement: the work is done but not settled. Its lease expires, and it is done again.

import { timedOutBy } from '../../model/command.ts';
import { type Fault, percentOf } from './fault.ts';

export const lostAckFault: Fault<'lost_ack'> = {
  name: 'lost_ack',
  field: 'lost_ack_pct',
  order: 7,
  results_in: 'lease_expired',
  failure: () => timedOutBy('lost_ack'),
  delayed: 'always',
  percent: percentOf('lost_ack_pct'),
  async inject({ attempt, work }) {
    try {
      return await work();
    } finally {
      attempt.dropOutcome();
    }
  },
};
