// The timeout fault: the attempt hangs past its lease without working, then returns a late result.
// Meanwhile it holds no slot and no heartbeat, only an unref'd timer.

import { timedOutBy } from '../../model/command.ts';
import { type Fault, percentOf } from './fault.ts';

/** An expired lease is reaped within this time: reaping runs every quarter of a lease, and at least every second. */
function reapMarginMs(lease_ms: number): number {
  return 2 * Math.min(lease_ms / 4, 1000) + 100;
}

export const timeoutFault: Fault<'timeout'> = {
  name: 'timeout',
  field: 'timeout_pct',
  order: 4,
  results_in: 'lease_expired',
  failure: () => timedOutBy('timeout'),
  delayed: 'never',
  percent: percentOf('timeout_pct'),
  async inject({ attempt, env }) {
    attempt.abandonLease();
    const { lease_ms } = attempt.command;
    // Not attempt.wait(): a hang ignores the abort signal.
    await new Promise<void>((resolve) => {
      env.after(lease_ms + reapMarginMs(lease_ms), resolve, { unref: true });
    });
    return undefined;
  },
};
