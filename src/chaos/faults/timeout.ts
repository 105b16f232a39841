// The timeout fault: the attempt hangs past its lease without working, then wakes and offers a result nobody wants any more.
// Promises to hold no slot and no heartbeat meanwhile, only a timer that keeps no process alive.

import { timedOutBy } from '../../model/command.ts';
import { type Fault, percentOf } from './fault.ts';

/** Past the end of a lease, in ms, by when reap has come by twice: it looks every quarter of a lease, at least each second. */
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
    // Not attempt.wait(): a hang does not listen to the abort signal, that is what makes it one.
    await new Promise<void>((resolve) => {
      env.after(lease_ms + reapMarginMs(lease_ms), resolve, { unref: true });
    });
    return undefined;
  },
};
