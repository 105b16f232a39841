// Replays one command: from its behavior, its rolls, its policy and what interrupted or operated it, attempt by attempt, to the row
// that must stand there now. Pure; whatever differs is told under the check that it violates.

import type { CommandBehavior } from '../chaos/behavior.ts';
import type { DecideFault } from '../chaos/decide.ts';
import { type FaultName, faultOf } from '../chaos/faults/index.ts';
import type { RollSource } from '../chaos/roll.ts';
import type { Reply } from '../model/command.ts';
import type { CheckName } from './checks.ts';
import { wordsOfDisagreements } from './disagreements.ts';
import { type Following, PolicyReplay, type RetryTimes } from './following.ts';
import { type AttemptRecord, type CommandRecord, PLAIN_ATTEMPT } from './queries/command-text.ts';
import type { VerifiedCommand } from './queries/verified-commands.ts';
import type { VerifiedEvent } from './queries/verify.ts';
import { isInterruption, isRealFailure } from './real-failure.ts';

/**
 * How an attempt stands to what its roll asked for. `answered`: a business rule of the handler's own; `disturbed`: it failed while
 * turbulence was made, or the database was away.
 */
export type AttemptVerdict = 'as_rolled' | 'interrupted' | 'answered' | 'disturbed' | 'real_failure' | 'wrong';

export interface ReplayedAttempt {
  record: AttemptRecord;
  verdict: AttemptVerdict;
  /** The fault its roll asked for. */
  rolled: string | null;
  suppressed: boolean;
}

export interface ReplayedCommand {
  attempts: ReplayedAttempt[];
  /** What the command must be now. */
  status: string;
  /** What its process was told, once it ended. */
  reply: Reply | null;
  /** Its process was ended with what it did. */
  keep_effects: boolean;
  /** It was settled, parked or cut by something other than its own attempts. */
  operated: boolean;
  violations: { check: CheckName; detail: string }[];
}

export interface CommandChaos {
  behavior: CommandBehavior | null;
  place: Omit<RollSource, 'attempt'>;
  decide: DecideFault;
  times: RetryTimes;
  /** Whether turbulence was made, or the database was away, while an attempt ran. */
  disturbed(span: { from_ms: number; to_ms: number }): boolean;
}

/** `chaos`: what stands beside the command, and what its rolls are drawn from; `events` are those of this command, in order. */
export function replayCommand(
  command: VerifiedCommand,
  chaos: CommandChaos,
  events: readonly VerifiedEvent[],
): ReplayedCommand {
  return replayPlain(command, chaos, events) ?? new Replay(command, chaos, events).run();
}

const PLAIN_ATTEMPTS: ReplayedAttempt[] = [
  { record: PLAIN_ATTEMPT, verdict: 'as_rolled', rolled: null, suppressed: false },
];

/** Nine commands of ten succeeded at once and met nothing: those need no more than their roll. Null for any other. */
function replayPlain(
  command: VerifiedCommand,
  { behavior, place, decide }: CommandChaos,
  events: readonly VerifiedEvent[],
): ReplayedCommand | null {
  const { record } = command;
  const plain =
    record.attempted.length === 1 &&
    isPlain(record.attempted[0] as AttemptRecord) &&
    record.status === 'COMPLETED' &&
    record.attempts === 1 &&
    record.attempts_limit === record.max_attempts &&
    record.interruptions === 0 &&
    record.disagrees.length === 0 &&
    record.suppressed === null &&
    events.length === 0;
  if (!plain) return null;
  const chaotic = behavior !== null && record.purpose !== 'compensation';
  if (chaotic && decide(behavior, { seed: place.seed, key: place.key, step: place.step, attempt: 1 }) !== null)
    return null;
  return {
    attempts: PLAIN_ATTEMPTS,
    status: 'COMPLETED',
    reply: { outcome: 'SUCCESS', result: command.result },
    keep_effects: false,
    operated: false,
    violations: NONE,
  };
}

/** It succeeded at once, with nothing injected. */
function isPlain({ attempt, outcome, effect, fault, reason, delay_ms, error_code, disagrees }: AttemptRecord): boolean {
  return (
    attempt === 1 &&
    outcome === 'success' &&
    effect === 'COMPLETED' &&
    fault === null &&
    reason === null &&
    delay_ms === null &&
    error_code === null &&
    disagrees.length === 0
  );
}

const VERBS = new Set([
  'OPERATOR_RETRY',
  'OPERATOR_CANCEL',
  'OPERATOR_COMPLETE',
  'COMMAND_CANCELED',
  'DEADLINE_EXCEEDED',
]);
/** Verbs that end an attempt under way, and those that only what waits for an operator can be given. */
const CUTS = new Set(['OPERATOR_CANCEL', 'COMMAND_CANCELED', 'DEADLINE_EXCEEDED']);
const ASKED = new Set(['OPERATOR_RETRY', 'OPERATOR_COMPLETE']);
const ENDED = new Set(['COMPLETED', 'FAILED', 'CANCELED']);

/** What a command is after a verb. */
function statusOf({ type, details }: VerifiedEvent): string {
  if (type === 'OPERATOR_RETRY') return 'PENDING';
  if (type === 'OPERATOR_COMPLETE') return 'COMPLETED';
  if (type === 'DEADLINE_EXCEEDED') return details?.action === 'tsq' ? 'IN_TROUBLESHOOTING_QUEUE' : 'FAILED';
  return 'CANCELED';
}

/** Most commands have neither verbs nor violations. Never written to. */
const NONE: never[] = [];

class Replay {
  readonly #command: VerifiedCommand;
  readonly #record: CommandRecord;
  readonly #chaos: CommandChaos;
  readonly #events: VerifiedEvent[];
  readonly #attempts: ReplayedAttempt[] = [];
  #violations: ReplayedCommand['violations'] = NONE;
  #status = 'PENDING';
  readonly #policy: PolicyReplay;
  #operated = false;
  readonly #verbs = { since_last: false, before: new Set<number>(), retried: false };
  #keep_effects = false;

  constructor(command: VerifiedCommand, chaos: CommandChaos, events: readonly VerifiedEvent[]) {
    this.#command = command;
    this.#record = command.record;
    this.#chaos = chaos;
    // A verb on a process whose code threw drives the reply again and leaves the command as it is.
    this.#events =
      events.length === 0 ? NONE : events.filter(({ type, details }) => VERBS.has(type) && details?.redriven !== true);
    this.#policy = new PolicyReplay(command.record, chaos.times);
  }

  run(): ReplayedCommand {
    const { attempted, attempts: count } = this.#record;
    let expected = 1;
    for (const record of attempted) {
      if (record.attempt !== expected)
        this.#report('settled_once', `attempt ${expected} of ${this.#step} is not there`);
      expected = record.attempt + 1;
      if (this.#applyVerbs(record.attempt - 1)) this.#verbs.before.add(record.attempt);
      this.#take(record);
    }
    const ended = expected - 1;
    this.#verbs.since_last = this.#applyVerbs(ended);
    this.#compareRow(ended, count);
    for (const detail of wordsOfDisagreements(this.#record, this.#step, this.#verbs))
      this.#report('rows_agree', detail);
    return {
      attempts: this.#attempts,
      status: this.#status,
      reply: this.#reply(),
      keep_effects: this.#keep_effects,
      operated: this.#operated,
      violations: this.#violations,
    };
  }

  get #step(): string {
    return this.#record.purpose === 'compensation'
      ? `the compensation of ${this.#record.step}`
      : `${this.#record.step}`;
  }

  #report(check: CheckName, detail: string): void {
    if (this.#violations === NONE) this.#violations = [];
    this.#violations.push({ check, detail });
  }

  #take(record: AttemptRecord): void {
    const { attempt } = record;
    if (this.#status !== 'PENDING')
      this.#report('settled_once', `attempt ${attempt} of ${this.#step} although it was ${this.#status}`);
    const suppressed = this.#record.suppressed?.includes(attempt) ?? false;
    const rolled = suppressed ? null : this.#roll(attempt);
    const verdict = this.#verdictOf(record, rolled);
    if (verdict === 'wrong')
      this.#report(
        'attempts_as_rolled',
        `attempt ${attempt} of ${this.#step}: its roll says ${rolled ?? 'no fault'}, it came to ${record.outcome}${record.fault === null ? ', unmarked' : ` marked ${record.fault}`}`,
      );
    if (verdict === 'as_rolled' && rolled !== null) this.#compareFailure(record, rolled as FaultName);
    if (verdict === 'real_failure')
      this.#report('no_real_failures', `attempt ${attempt} of ${this.#step}: ${record.error_code ?? record.outcome}`);
    this.#attempts.push({ record, verdict, rolled, suppressed });
    this.#follow(record);
  }

  #verdictOf(record: AttemptRecord, rolled: string | null): AttemptVerdict {
    const verdict = verdictOf(record, rolled);
    const { span } = record;
    return verdict === 'real_failure' && span !== null && this.#chaos.disturbed(span) ? 'disturbed' : verdict;
  }

  #roll(attempt: number): string | null {
    const { behavior, place, decide } = this.#chaos;
    if (behavior === null || this.#record.purpose === 'compensation') return null;
    return decide(behavior, { seed: place.seed, key: place.key, step: place.step, attempt });
  }

  /** An injected failure says what its behavior has it say. */
  #compareFailure({ attempt, reason, error_code, error_message }: AttemptRecord, rolled: FaultName): void {
    const { behavior } = this.#chaos;
    if (behavior === null || reason === 'RESULT_NOT_STORABLE') return;
    const said = faultOf(rolled).failure(behavior);
    if (error_code !== (said?.error_code ?? null) || error_message !== (said?.error_message ?? null))
      this.#report(
        'attempts_as_rolled',
        `attempt ${attempt} of ${this.#step} says ${error_code}: ${error_message}, and must say ${said?.error_code}: ${said?.error_message}`,
      );
  }

  /** What must follow from an attempt, whatever its roll was. */
  #follow(record: AttemptRecord): void {
    const { attempt, outcome, effect, reason, delay_ms } = record;
    const must = outcome === 'canceled' ? this.#cut(record) : this.#policy.after(record);
    const tell = (what: string) => this.#report('settled_once', `attempt ${attempt} of ${this.#step} ${what}`);
    if (must !== null) {
      if (must.effect !== effect) tell(`had effect ${effect} instead of ${must.effect}`);
      else if (must.reason !== reason) tell(`had reason ${reason} instead of ${must.reason}`);
      else if (!isWithin(delay_ms, must.delay_ms))
        tell(
          `was to be tried again after ${delay_ms} ms instead of ${[...new Set(must.delay_ms)].join(' to ') || null}`,
        );
    }
    this.#status = STATUS_OF_EFFECT[effect] ?? this.#status;
  }

  /** An attempt terminated must have somebody who cut it. */
  #cut({ attempt, error_code }: AttemptRecord): Following | null {
    const by = this.#events.findIndex((event) => event.attempt === attempt && CUTS.has(event.type));
    const [event] = by === -1 ? [] : this.#events.splice(by, 1);
    if (event === undefined) {
      this.#report('settled_once', `attempt ${attempt} of ${this.#step} was terminated by nobody`);
      return null;
    }
    this.#operated = true;
    this.#keep(event);
    const code = event.type === 'DEADLINE_EXCEEDED' ? event.type : 'OPERATOR_CANCELED';
    if (error_code !== code)
      this.#report('settled_once', `attempt ${attempt} of ${this.#step} says ${error_code}, and must say ${code}`);
    const status = statusOf(event);
    if (status === 'IN_TROUBLESHOOTING_QUEUE') return { effect: 'TSQ', reason: 'DEADLINE_EXCEEDED', delay_ms: null };
    return { effect: status, reason: null, delay_ms: null };
  }

  /** Verbs that came while `done` attempts had ended, in their order; whether there were any. */
  #applyVerbs(done: number): boolean {
    let any = false;
    while (this.#events.length > 0 && (this.#events[0]?.attempt ?? 0) <= done) {
      const event = this.#events.shift() as VerifiedEvent;
      any = true;
      this.#operated = true;
      this.#keep(event);
      this.#apply(event, done);
    }
    return any;
  }

  #apply(event: VerifiedEvent, done: number): void {
    const fits = ASKED.has(event.type) ? this.#status === 'IN_TROUBLESHOOTING_QUEUE' : !ENDED.has(this.#status);
    if (!fits) this.#report('settled_once', `${event.type} came to ${this.#step} although it was ${this.#status}`);
    if (event.type === 'OPERATOR_RETRY') {
      this.#policy.renew(done);
      this.#verbs.retried = true;
    }
    this.#status = statusOf(event);
  }

  #keep({ details }: VerifiedEvent): void {
    if (details?.keep_effects === true || details?.action === 'fail') this.#keep_effects = true;
  }

  #compareRow(ended: number, attempts: number): void {
    const { status, attempts_limit, interruptions } = this.#record;
    const { limit, losses } = this.#policy;
    const running = status === 'IN_PROGRESS';
    if (attempts !== ended + (running ? 1 : 0))
      this.#report('settled_once', `${this.#step} counts ${attempts} attempts, and ${ended} of them ended`);
    const expected = running && this.#status === 'PENDING' ? 'IN_PROGRESS' : this.#status;
    if (status !== expected) this.#report('settled_once', `${this.#step} is ${status}, and must be ${expected}`);
    if (attempts_limit !== limit)
      this.#report('settled_once', `${this.#step} has attempts_limit ${attempts_limit}, and must have ${limit}`);
    if (interruptions !== losses)
      this.#report('settled_once', `${this.#step} has interruptions ${interruptions}, and must have ${losses}`);
  }

  #reply(): Reply | null {
    if (!ENDED.has(this.#status)) return null;
    const { result, error_message } = this.#command;
    const { error_code } = this.#record;
    if (this.#status === 'COMPLETED') return { outcome: 'SUCCESS', result };
    return { outcome: this.#status === 'FAILED' ? 'FAILED' : 'CANCELED', error_code, error_message };
  }
}

function isWithin(delay_ms: number | null, span: Following['delay_ms']): boolean {
  return delay_ms === null || span === null ? delay_ms === span : delay_ms >= span[0] && delay_ms <= span[1];
}

const STATUS_OF_EFFECT: Record<string, string> = {
  COMPLETED: 'COMPLETED',
  RETRY: 'PENDING',
  RELEASED: 'PENDING',
  TSQ: 'IN_TROUBLESHOOTING_QUEUE',
  FAILED: 'FAILED',
  CANCELED: 'CANCELED',
};

function verdictOf(record: AttemptRecord, rolled: string | null): AttemptVerdict {
  const { outcome, fault } = record;
  const real = isRealFailure(record);
  if (isInterruption(record)) return real ? 'real_failure' : 'interrupted';
  if (rolled !== null) {
    const { results_in } = faultOf(rolled as FaultName);
    if (fault === rolled && outcome === results_in) return 'as_rolled';
    if (fault === rolled && real) return 'real_failure';
    // Under a fault that lets the work succeed, the work may fail for real, or answer no; it is then not marked.
    if (results_in !== 'success' || fault !== null) return 'wrong';
  } else if (fault !== null) return 'wrong';
  else if (outcome === 'success') return 'as_rolled';
  if (outcome === 'business_rule') return 'answered';
  return real ? 'real_failure' : 'wrong';
}
