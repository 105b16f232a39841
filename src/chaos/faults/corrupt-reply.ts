// The corrupt reply: the work is done, and its result is a text instead of an object.
// The text depends only on the roll source, so that it can be predicted.

import { hash } from 'node:crypto';
import type { RollSource } from '../roll.ts';
import { type Fault, percentOf } from './fault.ts';

export const corruptReplyFault: Fault<'corrupt_reply'> = {
  name: 'corrupt_reply',
  field: 'corrupt_reply_pct',
  order: 9,
  results_in: 'success',
  failure: () => null,
  delayed: 'always',
  percent: percentOf('corrupt_reply_pct'),
  async inject({ attempt, source, work }) {
    await work();
    attempt.markFault('corrupt_reply');
    return corruptReply(source);
  },
};

/** `corrupt reply ` and the first 8 hexadecimal digits of SHA-256("{seed}:{key}:{step}:{attempt}:corrupt_reply"). */
export function corruptReply({ seed, key, step, attempt }: RollSource): string {
  return `corrupt reply ${hash('sha256', `${seed}:${key}:${step}:${attempt}:corrupt_reply`, 'hex').slice(0, 8)}`;
}
