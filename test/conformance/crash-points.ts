// The conformance matrix: every point at which a process can be killed, with every outcome that can be under way there.
// A cell that cannot exist says why; a point without a line here fails the type check.

import type { ProbePoint } from '../../src/model/env.ts';

/** What the command that is killed comes to, or what is being done to it; docs/conformance.md says what each is. */
export const OUTCOMES = [
  'success',
  'transient',
  'permanent',
  'business_rule',
  'timed_out',
  'lease_lost',
  'released',
  'canceled',
  'overdue',
  'retry',
  'cancel',
  'complete',
] as const;
export type CellOutcome = (typeof OUTCOMES)[number];

const OF_A_HANDLER = 'an operator acts here on what no worker has';
const OF_AN_OPERATOR = 'no operator comes by here';
const operator = { retry: OF_AN_OPERATOR, cancel: OF_AN_OPERATOR, complete: OF_AN_OPERATOR };
const handler = {
  success: OF_A_HANDLER,
  transient: OF_A_HANDLER,
  permanent: OF_A_HANDLER,
  business_rule: OF_A_HANDLER,
  timed_out: OF_A_HANDLER,
  lease_lost: OF_A_HANDLER,
  released: OF_A_HANDLER,
  canceled: OF_A_HANDLER,
  overdue: OF_A_HANDLER,
};
const threw = 'the handler did not return';
const noReply = 'no process is told: there is no reply';
const reaped = 'reap ends leases that ran out, and nothing else';
const internalWork = 'an internal command has no such outcome';
const chunk = {
  permanent: internalWork,
  business_rule: internalWork,
  timed_out: internalWork,
  canceled: internalWork,
  overdue: internalWork,
  ...operator,
};
const ended = 'no attempt follows: the command has ended';
const cutting = 'nothing but this outcome is written here';
const only = <T extends CellOutcome>(...outcomes: T[]) =>
  Object.fromEntries(
    OUTCOMES.filter((one) => !outcomes.some((outcome) => outcome === one)).map((one) => [one, cutting]),
  ) as Partial<Record<CellOutcome, string>>;
const likeOthers = 'a batch ends in three ways, and this outcome is like one of those attacked';

/** Not of this matrix: no command is under way there, and the tests of pruning end it at every slice. */
type Elsewhere = 'in_prune_slice';
export type CrashPoint = Exclude<ProbePoint, Elsewhere>;

/** Why a cell does not exist; all others are attacked. */
export const IMPOSSIBLE: Record<CrashPoint, Partial<Record<CellOutcome, string>>> = {
  before_claim: operator,
  after_claim: { canceled: ended, overdue: ended, ...operator },
  before_handler: { canceled: ended, overdue: ended, ...operator },
  after_handler: { transient: threw, permanent: threw, business_rule: threw, ...operator },
  before_settle: operator,
  in_settle: {
    canceled: 'what is terminated is written in_operator_verb',
    overdue: 'what is terminated is written in_deadline',
    ...operator,
  },
  after_settle: operator,
  in_transition: {
    transient: noReply,
    permanent: noReply,
    timed_out: noReply,
    released: noReply,
    retry: noReply,
  },
  in_reap: {
    success: reaped,
    transient: reaped,
    permanent: reaped,
    business_rule: reaped,
    released: reaped,
    canceled: reaped,
    overdue: reaped,
    ...operator,
  },
  in_chunk: chunk,
  after_chunk: chunk,
  in_operator_verb: { ...handler, canceled: undefined },
  in_job_slice: handler,
  in_deadline: only('overdue'),
  in_finish: {
    transient: likeOthers,
    timed_out: likeOthers,
    lease_lost: likeOthers,
    released: likeOthers,
    canceled: likeOthers,
    overdue: likeOthers,
    ...operator,
  },
};

export interface Cell {
  point: CrashPoint;
  outcome: CellOutcome;
  /** The commands of a cell are a domain of their own, so that a kill meets those of no other cell. */
  domain: string;
}

export const CELLS: readonly Cell[] = (Object.keys(IMPOSSIBLE) as CrashPoint[]).flatMap((point) =>
  OUTCOMES.filter((outcome) => IMPOSSIBLE[point][outcome] === undefined).map((outcome) => ({
    point,
    outcome,
    domain: `${point}.${outcome}`,
  })),
);
