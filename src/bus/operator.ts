// The operator of a verb, as recorded in the audit.

export interface Operator {
  actor: string;
  reason?: string;
}

/** Canceling requires a reason. */
export type CancelingOperator = Operator & { reason: string };
