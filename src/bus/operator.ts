// Who operates, as the audit records it.

export interface Operator {
  actor: string;
  reason?: string;
}

/** Canceling requires a reason. */
export type CancelingOperator = Operator & { reason: string };
