// Replays one command, attempt by attempt, from its behavior, its rolls, its policy and what operators did to it.
// Pure. Returns what the command must be now, and how the recorded rows differ from that.

import type { CommandBehavior } from '../../chaos/behavior.ts';
import type { DecideFault } from '../../chaos/decide.ts';
import { type FaultName, faultOf } from '../../chaos/faults/index.ts';
import type { RollSource } from '../../chaos/roll.ts';
import type { Reply } from '../../model/command.ts';
import type { CheckName } from '../checks/checks.ts';
import { isInterruption, isRealFailure, type Span } from '../failures.ts';
import type { RecordedAttempt, RecordedBatch, RecordedCommand, RecordedEvent } from '../queries/recorded.ts';
import { type ExpectedEffect, RetryReplay } from './retry-replay.ts';

/**
 * How an attempt relates to its roll. `answered`: a business rule of the handler ended it; `under_turbulence`: it
 * failed during turbulence or while the database was away.
 */
export type AttemptVerdict = 'as_rolled' | 'interrupted' | 'answered' | 'under_turbulence' | 'real_failure' | 'wrong';

export interface ReplayedAttempt {
  record: RecordedAttempt;
  verdict: AttemptVerdict;
  /** The fault its roll asked for. */
  rolled: FaultName | null;
  suppressed: boolean;
}

export interface Violation {
  check: CheckName;
  detail: string;
}

export interface ReplayedCommand {
  attempts: ReplayedAttempt[];
  /** The expected status of the command. */
  status: string;
  /** The reply that its process received; null until the command has ended. */
  reply: Reply | null;
  /** An operator ended its process without compensation. */
  keep_effects: boolean;
  /** It was settled, parked or terminated by something other than its own attempts. */
  operated: boolean;
  violations: Violation[];
}

export interface CommandContext {
  batch: RecordedBatch;
  /** The chaos of the command; null for none. */
  behavior: CommandBehavior | null;
  roll: Omit<RollSource, 'attempt'>;
  decide: DecideFault;
  /** Whether there was turbulence, or the database was away, during this span. */
  underTurbulence(span: Span): boolean;
}

/** @param events of this command, in order */
export function replayCommand(
  command: RecordedCommand,
  context: CommandContext,
  events: readonly RecordedEvent[],
): ReplayedCommand {
  return new CommandReplay(command, context, events).run();
}

/** Verbs that terminate an attempt in progress, and verbs that apply only to a parked command. */
const TERMINATING = new Set(['OPERATOR_CANCEL', 'COMMAND_CANCELED', 'DEADLINE_EXCEEDED']);
const FOR_PARKED = new Set(['OPERATOR_RETRY', 'OPERATOR_COMPLETE']);
const ENDED = new Set(['COMPLETED', 'FAILED', 'CANCELED']);

const STATUS_OF_EFFECT: Record<string, string> = {
  COMPLETED: 'COMPLETED',
  RETRY: 'PENDING',
  RELEASED: 'PENDING',
  TSQ: 'IN_TROUBLESHOOTING_QUEUE',
  FAILED: 'FAILED',
  CANCELED: 'CANCELED',
};

/** The status of a command after a verb. */
function statusAfter({ type, details }: RecordedEvent): string {
  if (type === 'OPERATOR_RETRY') return 'PENDING';
  if (type === 'OPERATOR_COMPLETE') return 'COMPLETED';
  if (type === 'DEADLINE_EXCEEDED') return details?.action === 'tsq' ? 'IN_TROUBLESHOOTING_QUEUE' : 'FAILED';
  return 'CANCELED';
}

class CommandReplay {
  readonly #command: RecordedCommand;
  readonly #context: CommandContext;
  readonly #events: RecordedEvent[];
  readonly #attempts: ReplayedAttempt[] = [];
  readonly #violations: Violation[] = [];
  readonly #retries: RetryReplay;
  #status = 'PENDING';
  #operated = false;
  #keep_effects = false;

  constructor(command: RecordedCommand, context: CommandContext, events: readonly RecordedEvent[]) {
    this.#command = command;
    this.#context = context;
    // A verb on a process whose code threw delivers the reply again and leaves the command as it is.
    this.#events = events.filter(
      ({ type, details }) => (TERMINATING.has(type) || FOR_PARKED.has(type)) && details?.redriven !== true,
    );
    this.#retries = new RetryReplay(command, context.batch);
  }

  run(): ReplayedCommand {
    const { attempted } = this.#command;
    const after_verbs = new Set<number>();
    let done = 0;
    for (const record of attempted) {
      if (record.attempt !== done + 1) this.#report('settled_once', `attempt ${done + 1} of ${this.#name} is missing`);
      done = record.attempt;
      if (this.#applyVerbs(done - 1)) after_verbs.add(done);
      this.#replayAttempt(record);
    }
    // An operator retries before the delay has passed, and changes the error on the command.
    const explained = this.#applyVerbs(done) ? ['last_attempt'] : [];
    for (const { attempt, inconsistent } of attempted)
      this.#reportInconsistent(`attempt ${attempt} of ${this.#name}`, inconsistent, [
        ...explained,
        ...(after_verbs.has(attempt) ? ['due'] : []),
      ]);
    this.#compareRow(done);
    return {
      attempts: this.#attempts,
      status: this.#status,
      reply: this.#reply(),
      keep_effects: this.#keep_effects,
      operated: this.#operated,
      violations: this.#violations,
    };
  }

  get #name(): string {
    const { purpose, step } = this.#command;
    return purpose === 'compensation' ? `the compensation of ${step}` : step;
  }

  #report(check: CheckName, detail: string): void {
    this.#violations.push({ check, detail });
  }

  #reportInconsistent(name: string, inconsistent: string, explained: readonly string[]): void {
    if (inconsistent === '') return;
    const left = inconsistent.split(',').filter((condition) => !explained.includes(condition));
    if (left.length > 0) this.#report('rows_agree', `${name}: ${left.join(', ')} does not agree with related rows`);
  }

  #replayAttempt(record: RecordedAttempt): void {
    const { attempt, outcome, fault, error_code } = record;
    if (this.#status !== 'PENDING')
      this.#report('settled_once', `attempt ${attempt} of ${this.#name} although it was ${this.#status}`);
    const suppressed = this.#command.suppressed?.includes(attempt) ?? false;
    const rolled = suppressed ? null : this.#roll(attempt);
    const verdict = this.#verdictOf(record, rolled);
    if (verdict === 'wrong')
      this.#report(
        'attempts_as_rolled',
        `attempt ${attempt} of ${this.#name}: its roll says ${rolled ?? 'no fault'}, its outcome is ${outcome}${fault === null ? ', unmarked' : ` marked ${fault}`}`,
      );
    if (verdict === 'as_rolled' && rolled !== null) this.#compareFailure(record, rolled);
    if (verdict === 'real_failure')
      this.#report('no_real_failures', `attempt ${attempt} of ${this.#name}: ${error_code ?? outcome}`);
    this.#attempts.push({ record, verdict, rolled, suppressed });
    this.#compareEffect(record);
  }

  #roll(attempt: number): FaultName | null {
    const { behavior, roll, decide } = this.#context;
    if (behavior === null || this.#command.purpose === 'compensation') return null;
    return decide(behavior, { ...roll, attempt });
  }

  #verdictOf(record: RecordedAttempt, rolled: FaultName | null): AttemptVerdict {
    const verdict = verdictOf(record, rolled);
    const span = { from_ms: record.started_ms, to_ms: record.ended_ms };
    return verdict === 'real_failure' && this.#context.underTurbulence(span) ? 'under_turbulence' : verdict;
  }

  /** An injected failure has the error that its behavior sets. */
  #compareFailure({ attempt, reason, error_code, error_message }: RecordedAttempt, rolled: FaultName): void {
    const { behavior } = this.#context;
    if (behavior === null || reason === 'RESULT_NOT_STORABLE') return;
    const must = faultOf(rolled).failure(behavior);
    if (error_code !== (must?.error_code ?? null) || error_message !== (must?.error_message ?? null))
      this.#report(
        'attempts_as_rolled',
        `attempt ${attempt} of ${this.#name} says ${error_code}: ${error_message}, and must say ${must?.error_code}: ${must?.error_message}`,
      );
  }

  #compareEffect(record: RecordedAttempt): void {
    const { attempt, outcome, effect, reason, retry_ms, ended_ms } = record;
    const must = outcome === 'canceled' ? this.#terminate(record) : this.#retries.after(record);
    const delay_ms = retry_ms === null ? null : Math.round(retry_ms - ended_ms);
    const report = (what: string) => this.#report('settled_once', `attempt ${attempt} of ${this.#name} ${what}`);
    if (must !== null) {
      if (must.effect !== effect) report(`has effect ${effect} instead of ${must.effect}`);
      else if (must.reason !== reason) report(`has reason ${reason} instead of ${must.reason}`);
      else if (!isWithin(delay_ms, must.delay_ms))
        report(`has a retry delay of ${delay_ms} ms instead of ${must.delay_ms?.join(' to ') ?? null}`);
    }
    this.#status = STATUS_OF_EFFECT[effect] ?? this.#status;
  }

  /** Takes the verb that terminated an attempt. */
  #terminate({ attempt, error_code }: RecordedAttempt): ExpectedEffect | null {
    const at = this.#events.findIndex((event) => event.attempt === attempt && TERMINATING.has(event.type));
    const [event] = at === -1 ? [] : this.#events.splice(at, 1);
    if (event === undefined) {
      this.#report('settled_once', `attempt ${attempt} of ${this.#name} was terminated, and no event says why`);
      return null;
    }
    this.#noteVerb(event);
    const code = event.type === 'DEADLINE_EXCEEDED' ? event.type : 'OPERATOR_CANCELED';
    if (error_code !== code)
      this.#report('settled_once', `attempt ${attempt} of ${this.#name} says ${error_code}, and must say ${code}`);
    const status = statusAfter(event);
    return status === 'IN_TROUBLESHOOTING_QUEUE'
      ? { effect: 'TSQ', reason: 'DEADLINE_EXCEEDED', delay_ms: null }
      : { effect: status, reason: null, delay_ms: null };
  }

  /** Applies the verbs that came while `done` attempts had ended; returns whether there were any. */
  #applyVerbs(done: number): boolean {
    let any = false;
    while (this.#events.length > 0 && (this.#events[0]?.attempt ?? 0) <= done) {
      const event = this.#events.shift() as RecordedEvent;
      any = true;
      this.#noteVerb(event);
      const { type } = event;
      const fits = FOR_PARKED.has(type) ? this.#status === 'IN_TROUBLESHOOTING_QUEUE' : !ENDED.has(this.#status);
      if (!fits) this.#report('settled_once', `${type} was applied to ${this.#name} although it was ${this.#status}`);
      if (type === 'OPERATOR_RETRY') this.#retries.renew(done);
      this.#status = statusAfter(event);
    }
    return any;
  }

  #noteVerb({ details }: RecordedEvent): void {
    this.#operated = true;
    if (details?.keep_effects === true || details?.action === 'fail') this.#keep_effects = true;
  }

  #compareRow(ended: number): void {
    const { status, attempts, attempts_limit, interruptions, inconsistent } = this.#command;
    const { limit, losses } = this.#retries;
    const running = status === 'IN_PROGRESS';
    const must = {
      status: running && this.#status === 'PENDING' ? 'IN_PROGRESS' : this.#status,
      attempts: ended + (running ? 1 : 0),
      attempts_limit: limit,
      interruptions: losses,
    };
    const is = { status, attempts, attempts_limit, interruptions };
    for (const column of Object.keys(must) as (keyof typeof must)[])
      if (is[column] !== must[column])
        this.#report('settled_once', `${this.#name} has ${column} ${is[column]}, and must have ${must[column]}`);
    this.#reportInconsistent(this.#name, inconsistent, []);
  }

  #reply(): Reply | null {
    if (!ENDED.has(this.#status)) return null;
    const { result, error_code, error_message } = this.#command;
    if (this.#status === 'COMPLETED') return { outcome: 'SUCCESS', result };
    return { outcome: this.#status === 'FAILED' ? 'FAILED' : 'CANCELED', error_code, error_message };
  }
}

function isWithin(delay_ms: number | null, span: ExpectedEffect['delay_ms']): boolean {
  return delay_ms === null || span === null ? delay_ms === span : delay_ms >= span[0] && delay_ms <= span[1];
}

function verdictOf(record: RecordedAttempt, rolled: FaultName | null): AttemptVerdict {
  const { outcome, fault } = record;
  const real = isRealFailure(record);
  if (isInterruption(record)) return real ? 'real_failure' : 'interrupted';
  if (rolled !== null) {
    const { results_in } = faultOf(rolled);
    if (fault === rolled && outcome === results_in) return 'as_rolled';
    if (fault === rolled && real) return 'real_failure';
    // Under a fault that lets the handler succeed, the handler may really fail or throw a business rule error: no mark.
    if (results_in !== 'success' || fault !== null) return 'wrong';
  } else if (fault !== null) return 'wrong';
  else if (outcome === 'success') return 'as_rolled';
  if (outcome === 'business_rule') return 'answered';
  return real ? 'real_failure' : 'wrong';
}
