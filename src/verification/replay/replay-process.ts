// Replays one process: its definition's own code receives the recorded replies one by one. Its decisions must match the
// sent commands, and the status and state of the process. Pure apart from that code.

import { isDeepStrictEqual } from 'node:util';
import type { Reply } from '../../model/command.ts';
import type { ProcessRow } from '../../model/process.ts';
import type { Decision } from '../../process/advance.ts';
import type { CheckName } from '../checks/checks.ts';
import type { BoundDefinition } from '../process-plan.ts';
import type { RecordedCommand, RecordedEvent, RecordedProcess } from '../queries/recorded.ts';
import type { ReplayedCommand, Violation } from './replay-command.ts';
import { sameJson, throughJson } from './same-json.ts';

export interface SentCommand {
  command: RecordedCommand;
  replayed: ReplayedCommand;
  events: readonly RecordedEvent[];
}

export interface ReplayedProcess {
  violations: Violation[];
  /** An operator fixed a reply on which its code threw, so the rest cannot be replayed. */
  unknown: boolean;
}

/**
 * The code of a definition may write to its input. Parsing a large input for each process takes minutes, so it is parsed
 * again only for a process that differs.
 *
 * @param launched the behavior that the launch added to the state; null for none
 * @param sent the commands that the process lists, in order
 */
export function replayProcess(
  code: BoundDefinition,
  process: RecordedProcess,
  launched: Record<string, unknown> | null,
  sent: readonly SentCommand[],
): ReplayedProcess {
  const replayed = new ProcessReplay(code, process, sent).run(launched, 'shared');
  return replayed.violations.length === 0 ? replayed : new ProcessReplay(code, process, sent).run(launched, 'fresh');
}

/** The reply that the process received: the command's own, unless an operator delivered another one. */
function deliveredReply({ reply, keep_effects }: ReplayedCommand, redriven: RecordedEvent | undefined) {
  const { type, reason, details } = redriven ?? {};
  if (type === 'OPERATOR_CANCEL') {
    const canceled = { outcome: 'CANCELED', error_code: 'OPERATOR_CANCELED', error_message: reason ?? null } as const;
    return { reply: canceled, keep_effects: details?.keep_effects === true };
  }
  if (type === 'OPERATOR_COMPLETE' && details && 'result' in details)
    return { reply: { outcome: 'SUCCESS', result: details.result } as const, keep_effects: false };
  return { reply: reply as Reply, keep_effects };
}

/** Whether an event says that the process's own code threw, or that its reply was delivered again. */
function isAboutAdvance({ type, details }: RecordedEvent): boolean {
  return type === 'ADVANCE_FAILED' ? details?.late !== true : details?.redriven === true;
}

interface ExpectedCommand {
  purpose: 'step' | 'compensation';
  step: string;
  command: string;
  payload: object;
}

/** Compared between the process as it is and as it must be. */
const COMPARED = ['status', 'error_code', 'current_step', 'undo', 'ending', 'keep_effects'] as const;

class ProcessReplay {
  readonly #code: BoundDefinition;
  readonly #process: RecordedProcess;
  readonly #sent: readonly SentCommand[];
  /** Index of the next of them. */
  #next = 0;
  /** Compensations sent again for late attempts; the process does not wait for these. */
  readonly #unawaited: ReadonlySet<unknown>;
  readonly #violations: Violation[] = [];
  #unknown = false;
  #diverged = false;
  #awaited: string | null = null;

  constructor(code: BoundDefinition, process: RecordedProcess, sent: readonly SentCommand[]) {
    this.#code = code;
    this.#process = process;
    this.#sent = sent;
    const undone = sent.flatMap(({ events }) => events).filter(({ type }) => type === 'LATE_EFFECT_UNDONE');
    this.#unawaited = new Set(undone.map(({ details }) => details?.compensation_id));
  }

  run(launched: Record<string, unknown> | null, input: 'shared' | 'fresh'): ReplayedProcess {
    const started = this.#begin(launched, input);
    if (started !== null) {
      this.#follow(started.row, started.first);
      if (!this.#diverged && !this.#unknown) this.#compare(started.row);
    }
    return { violations: this.#violations, unknown: this.#unknown };
  }

  #report(check: CheckName, detail: string): void {
    this.#violations.push({ check, detail });
  }

  /** The replay cannot go on. */
  #diverge(check: CheckName, detail: string): void {
    this.#diverged = true;
    this.#report(check, detail);
  }

  #begin(
    launched: Record<string, unknown> | null,
    input: 'shared' | 'fresh',
  ): { row: ProcessRow; first: ExpectedCommand } | null {
    const { process_id, ordinal, process_type, version } = this.#process;
    try {
      const state = { ...this.#code.start(ordinal, input), ...(launched && { behavior: launched }) };
      const { step, command, payload } = this.#code.begin({ process_id, ordinal, state });
      const row: ProcessRow = {
        process_id,
        lane: 0,
        batch_id: this.#code.batch_id,
        ordinal,
        process_type,
        version,
        status: 'WAITING_FOR_REPLY',
        current_step: step,
        awaiting_command_id: null,
        state: stored(state),
        path: [step],
        undo: null,
        ending: null,
        keep_effects: false,
        error_code: null,
        error_message: null,
      };
      return { row, first: { purpose: 'step', step, command, payload } };
    } catch (error) {
      this.#report('steps_complete', `it cannot be started again: ${error}`);
      return null;
    }
  }

  /** Applies reply after reply until the process ends, waits or diverges. Changes `row` to the expected process. */
  #follow(row: ProcessRow, first: ExpectedCommand): void {
    for (let expected: ExpectedCommand | null = first; expected !== null; ) {
      const sent = this.#takeSent(expected);
      if (sent === null) return;
      this.#compareSent(expected, sent.command);
      expected = this.#decide(row, sent);
    }
    if (!this.#unknown) this.#reportLeftOver();
  }

  /** A step has the deadline of its definition; a compensation has none. */
  #compareSent({ purpose, step, payload }: ExpectedCommand, command: RecordedCommand): void {
    const check = purpose === 'step' ? 'steps_complete' : 'compensations';
    if (!sameJson(payload, command.payload))
      this.#report(
        check,
        `${purpose} ${step} was sent with a payload that differs from the one its definition derives from the state`,
      );
    const must = purpose === 'step' ? this.#code.deadlineOf(step) : null;
    this.#compareDeadline(check, `${purpose} ${step}`, command, must);
  }

  #compareDeadline(
    check: CheckName,
    name: string,
    { deadline_ms, on_deadline }: { deadline_ms: number | null; on_deadline: string | null },
    must: { deadline_ms: number; on_deadline: string } | null,
  ): void {
    if (deadline_ms === (must?.deadline_ms ?? null) && on_deadline === (must?.on_deadline ?? null)) return;
    const is = deadline_ms === null ? 'no deadline' : `deadline ${deadline_ms} ${on_deadline}`;
    this.#report(
      check,
      `${name} has ${is}, and must have ${must ? `${must.deadline_ms} ${must.on_deadline}` : 'none'}`,
    );
  }

  /** The next command if it is the expected one; unawaited compensations are skipped. */
  #takeSent(expected: ExpectedCommand): SentCommand | null {
    const check = expected.purpose === 'step' ? 'steps_complete' : 'compensations';
    const name = `${expected.purpose} ${expected.step}`;
    for (;;) {
      const sent = this.#sent[this.#next++];
      if (sent === undefined) break;
      const { purpose, step, type, command_id } = sent.command;
      if (purpose === expected.purpose && step === expected.step) {
        if (type !== expected.command)
          this.#diverge(check, `${name} was sent as ${type} instead of ${expected.command}`);
        return sent;
      }
      if (purpose === 'compensation' && this.#unawaited.has(command_id)) continue;
      const violated = purpose === 'compensation' ? 'compensations' : check;
      this.#diverge(violated, `${purpose} ${step} was sent instead of ${name}`);
      return null;
    }
    this.#diverge(check, `${name} was not sent`);
    return null;
  }

  /**
   * Writes to the row what follows from a command; returns what must be sent next, or null when the process ends or
   * waits.
   */
  #decide(row: ProcessRow, sent: SentCommand): ExpectedCommand | null {
    const { replayed, command } = sent;
    this.#awaited = command.command_id;
    if (replayed.reply === null) {
      if (replayed.status === 'IN_TROUBLESHOOTING_QUEUE') this.#park(row, command);
      else row.status = row.undo === null ? 'WAITING_FOR_REPLY' : 'COMPENSATING';
      return null;
    }
    const decision = this.#advance(row, sent);
    if (decision === null) {
      row.status = 'WAITING_FOR_TSQ';
      row.error_code = 'ADVANCE_FAILED';
      return null;
    }
    const { send, status, state, undo, ending, keep_effects = false, error_code, error_message } = decision;
    Object.assign(row, { status, state: stored(state), undo, ending, keep_effects, error_code, error_message });
    if (send === null) {
      this.#awaited = null;
      return null;
    }
    row.current_step = send.step;
    if (send.purpose === 'step') row.path.push(send.step);
    return send;
  }

  /** A process that is being compensated keeps the error it failed with. */
  #park(row: ProcessRow, { error_code, error_message }: RecordedCommand): void {
    row.status = 'WAITING_FOR_TSQ';
    if (row.undo !== null) return;
    row.error_code = error_code ?? '';
    row.error_message = error_message ?? '';
  }

  /** Null if the process's own code threw and the reply was not delivered again since. */
  #advance(row: ProcessRow, { command, replayed, events }: SentCommand): Decision | null {
    const last = events.filter(isAboutAdvance).at(-1);
    if (last?.type === 'ADVANCE_FAILED') return null;
    const { reply, keep_effects } = deliveredReply(replayed, last);
    const { state } = row;
    // Code that writes to its state and then throws must leave no trace.
    row.state = stored(state);
    try {
      return this.#code.advance(row, reply, { attempted: command.attempts > 0, keep_effects });
    } catch (error) {
      row.state = state;
      // The operator fixed it in a way that this code does not know.
      if (last !== undefined) this.#unknown = true;
      else
        this.#diverge(
          'ends_as_replayed',
          `its own code throws on the reply of ${command.step}, which was not recorded: ${error}`,
        );
      return null;
    }
  }

  #reportLeftOver(): void {
    for (const { command } of this.#sent.slice(this.#next)) {
      const { purpose, step, command_id } = command;
      if (purpose === 'compensation' && this.#unawaited.has(command_id)) continue;
      const check = purpose === 'compensation' ? 'compensations' : 'steps_complete';
      this.#diverge(check, `${purpose} ${step} was sent without a reason`);
    }
  }

  #compare(must: ProcessRow): void {
    const process = this.#process;
    const report = (what: string) => this.#report('ends_as_replayed', what);
    const column = COMPARED.find((name) => process[name] !== must[name]);
    if (column !== undefined) report(`its ${column} is ${process[column]}, and must be ${must[column]}`);
    this.#compareDeadline('ends_as_replayed', 'it', process, this.#code.deadlineOf(null));
    if (process.awaiting_command_id !== this.#awaited)
      report(`it awaits ${process.awaiting_command_id ?? 'nothing'}, and must await ${this.#awaited ?? 'nothing'}`);
    // The error that its code threw is recorded nowhere else.
    if (process.error_message !== must.error_message && must.error_code !== 'ADVANCE_FAILED')
      report(`its error_message is ${process.error_message}, and must be ${must.error_message}`);
    if (!isDeepStrictEqual(process.path, must.path))
      this.#report('steps_complete', `its path is ${process.path.join(', ')}, and must be ${must.path.join(', ')}`);
    if (!sameJson(must.state, process.state))
      this.#report('state', 'its state is not the one that its definition derives from the replies');
  }
}

/** A state as it comes back from the database: without what JSON leaves out, and sharing nothing with another. */
function stored(state: Record<string, unknown>): Record<string, unknown> {
  return throughJson(state) as Record<string, unknown>;
}
