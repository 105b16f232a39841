// The checks of a verdict: their names, their rules in words, and the book in which violations are written while a batch is looked at.
// A check passes when nothing violates it; each tells how much it looked at, so that "nothing" is told from "nothing to look at".

import { AGREEMENT_TEXT } from './queries/agreement.ts';
import { RULE_TEXT } from './queries/verify-rules.ts';

export const CHECKS = {
  conservation:
    'Every process that was asked for is there once, and is in exactly one state; the counts of the batch are those of its processes, and its status is what follows from them.',
  settled_once:
    'Attempts are numbered from 1 without a hole, bar one in flight; what followed from each, and when it was tried again, is what the policy says; nothing was attempted after it had ended; the row is what its attempts, interruptions and operators made of it.',
  attempts_as_rolled:
    'Every attempt came to what its roll said, is marked with that fault and says what its behavior has it say, or it was interrupted, or injection was stopped.',
  faults_fired: 'Every fault that the rolls asked of a step really fired there, as often as they asked.',
  no_real_failures:
    'No attempt failed of itself: every failure was asked for, or came while turbulence was made or the database was away. (A business rule of your own is an answer, not a failure.)',
  behavior_written:
    'Each step has beside it the behavior that its process was launched with, or one that was set for the batch later; a step without one has none.',
  no_settled_awaited: 'No process awaits a command that has ended, or one that is not there.',
  one_command_per_step:
    'There is one command for each process, step and visit, and every command of a process is listed by it.',
  rows_agree:
    'Rows that tell of the same thing agree: a process with its batch, a command with its process and the policy of the batch, an attempt with its command, what stands on a command with its last attempt. No attempt began before it was due.',
  steps_complete:
    'Each process sent the steps that its definition makes of the replies, in that order, with the payloads and deadlines that it makes, and no others.',
  compensations:
    'What had to be undone was undone, newest first, each step once in its turn, with the payload that its definition makes; nothing else was.',
  state: 'The state of each process is what its definition makes of the replies it was given.',
  ends_as_replayed: 'Each process ended, or waits, as the replay of its definition with the recorded replies does.',
  artifacts:
    'There is a document for each that a process has on record, and none of a step that was undone or never attempted.',
  as_predicted:
    'The counts by step, fault and ending are those predicted at launch. (Only where nothing interrupted, operated or changed the batch.)',
} as const;
export type CheckName = keyof typeof CHECKS;
const CHECK_NAMES = Object.keys(CHECKS) as CheckName[];

/** Those that SQL answers while a batch still runs. */
export const LIGHT_CHECKS = [
  'conservation',
  'no_settled_awaited',
  'one_command_per_step',
] as const satisfies readonly CheckName[];

const REPLAY_SQL = `-- Read by slices of ordinals and replayed:
select p.*, c.*, t.behavior, t.suppressed, a.*
from faultline.process p cross join unnest(p.command_ids) as i(command_id)
  left join faultline.command c using (command_id) left join e2e.test_command t using (command_id)
  left join faultline.attempt a using (command_id)
where p.batch_id = $1 order by p.ordinal, a.attempt`;

/** Of checks that are a statement: what people can ask for themselves. */
const SQL_TEXT: Partial<Record<CheckName, string>> = { ...RULE_TEXT, rows_agree: AGREEMENT_TEXT };

export interface CheckResult {
  name: CheckName;
  status: 'pass' | 'fail' | 'skipped';
  checked: number;
  violations: number;
  violating_ids: string[];
  details: string[];
  rule: string;
  sql: string;
  note: string | null;
}

const MAX_IDS = 100;
const MAX_DETAILS = 20;

/** What is written in a book. Plain data: it may come from another thread. */
export interface CheckEntries {
  violations: Map<CheckName, { ids: Set<string>; details: string[] }>;
  looked: Map<CheckName, number>;
}

export class CheckBook {
  readonly entries: CheckEntries;
  readonly #skipped = new Map<CheckName, string>();
  readonly #notes = new Map<CheckName, string>();

  /** `entries`: what is written already; the book writes on. */
  constructor(entries: CheckEntries = { violations: new Map(), looked: new Map() }) {
    this.entries = entries;
  }

  /** Something violates a check; `id` is a process, a command or a batch. */
  report(check: CheckName, id: string, detail: string): void {
    const found = this.#violationsOf(check);
    found.ids.add(id);
    addDetails(found.details, [`${id}: ${detail}`]);
  }

  #violationsOf(check: CheckName) {
    const found = this.entries.violations.get(check) ?? { ids: new Set<string>(), details: [] };
    this.entries.violations.set(check, found);
    return found;
  }

  looked(check: CheckName, count = 1): void {
    this.entries.looked.set(check, (this.entries.looked.get(check) ?? 0) + count);
  }

  /** Takes in what was written in another book. */
  add({ violations, looked }: CheckEntries): void {
    for (const [check, count] of looked) this.looked(check, count);
    for (const [check, { ids, details }] of violations) {
      const found = this.#violationsOf(check);
      for (const id of ids) found.ids.add(id);
      addDetails(found.details, details);
    }
  }

  /** The check does not apply, or cannot be made. Violations that were found all the same count. */
  skip(check: CheckName, why: string): void {
    this.#skipped.set(check, why);
  }

  note(check: CheckName, note: string): void {
    this.#notes.set(check, note);
  }

  results(names: readonly CheckName[] = CHECK_NAMES): CheckResult[] {
    return names.map((name) => {
      const { ids = new Set<string>(), details = [] } = this.entries.violations.get(name) ?? {};
      const skipped = this.#skipped.get(name);
      return {
        name,
        status: ids.size > 0 ? 'fail' : skipped === undefined ? 'pass' : 'skipped',
        checked: this.entries.looked.get(name) ?? 0,
        violations: ids.size,
        violating_ids: [...ids].slice(0, MAX_IDS),
        details,
        rule: CHECKS[name],
        sql: (SQL_TEXT[name] ?? REPLAY_SQL).trim(),
        note: skipped ?? this.#notes.get(name) ?? null,
      };
    });
  }
}

/** Each once: verifies of different windows may tell of the same document. */
function addDetails(details: string[], more: readonly string[]): void {
  for (const detail of more) {
    if (details.length >= MAX_DETAILS) return;
    if (!details.includes(detail)) details.push(detail);
  }
}
