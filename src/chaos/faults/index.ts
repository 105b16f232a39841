// All kinds of fault, in the order in which they are tried.

import { businessRuleFault } from './business-rule.ts';
import { connectionLostFault } from './connection-lost.ts';
import { corruptReplyFault } from './corrupt-reply.ts';
import { crashFault } from './crash.ts';
import { duplicateFault } from './duplicate.ts';
import { firstAttemptsFault } from './first-attempts.ts';
import { lostAckFault } from './lost-ack.ts';
import { permanentFault } from './permanent.ts';
import { timeoutFault } from './timeout.ts';
import { transientFault } from './transient.ts';

const KINDS = [
  firstAttemptsFault,
  permanentFault,
  transientFault,
  businessRuleFault,
  timeoutFault,
  crashFault,
  connectionLostFault,
  lostAckFault,
  duplicateFault,
  corruptReplyFault,
] as const;

/** The name of an injected fault, as rolls, attempts and the audit have it. */
export type FaultName = (typeof KINDS)[number]['name'];

/** The kinds of fault by `order`: the first hit wins. */
export const FAULTS: readonly (typeof KINDS)[number][] = [...KINDS].sort((a, b) => a.order - b.order);

/** The kind with this name. */
export function faultOf(name: FaultName): (typeof KINDS)[number] {
  const fault = FAULTS.find((kind) => kind.name === name);
  if (!fault) throw new TypeError(`There is no fault called ${name}.`);
  return fault;
}
