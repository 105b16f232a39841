// Replays one process: its definition's own code is given the recorded replies, one by one, and what it decides must be what was
// sent, where the process stands, and the state it has. Pure but for that code.

import type { Deadline, Reply } from '../model/command.ts';
import type { ProcessRow } from '../model/process.ts';
import type { Decision } from '../process/advance.ts';
import type { CheckName } from './checks.ts';
import { jsonbText } from './jsonb-text.ts';
import type { BoundDefinition } from './outline.ts';
import type { VerifiedCommand } from './queries/verified-commands.ts';
import type { VerifiedEvent, VerifiedProcess } from './queries/verify.ts';
import type { ReplayedCommand } from './replay-command.ts';
import { sameJson, throughJson } from './same-json.ts';

export interface SentCommand {
  command: VerifiedCommand;
  replayed: ReplayedCommand;
  events: readonly VerifiedEvent[];
}

export interface ReplayedProcess {
  violations: { check: CheckName; detail: string }[];
  /** An operator mended what its code threw on, so that its way from there on cannot be replayed. */
  unknown: boolean;
}

/**
 * Between two replies a state is stored, and comes back without what JSON leaves out, and with nothing in common with any other. That
 * hardly ever matters, and costs much: it is done where something differs without it.
 *
 * `launched` is the behavior in the state; `sent` are the commands that the process lists, in order.
 */
export function replayProcess(
  code: BoundDefinition,
  process: VerifiedProcess,
  launched: Record<string, unknown> | null,
  sent: readonly SentCommand[],
): ReplayedProcess {
  const replayed = new Replay(code, process, sent, { as_stored: false }).run(launched);
  return replayed.violations.length === 0
    ? replayed
    : new Replay(code, process, sent, { as_stored: true }).run(launched);
}

/** What the process was told: the command's own reply, unless an operator drove on another. */
function drivenReply(
  replayed: ReplayedCommand,
  driven: VerifiedEvent | undefined,
): { reply: Reply; keep_effects: boolean } {
  const reply = replayed.reply as Reply;
  const { details } = driven ?? {};
  if (driven?.type === 'OPERATOR_CANCEL') {
    return {
      reply: { outcome: 'CANCELED', error_code: 'OPERATOR_CANCELED', error_message: driven.reason },
      keep_effects: details?.keep_effects === true,
    };
  }
  const given =
    driven?.type === 'OPERATOR_COMPLETE' && details !== null && details !== undefined && 'result' in details;
  return given
    ? { reply: { outcome: 'SUCCESS', result: details.result }, keep_effects: false }
    : { reply, keep_effects: replayed.keep_effects };
}

/** Whether an event says that the process's own code threw, or that its reply was driven again. */
function drives({ type, details }: VerifiedEvent): boolean {
  return type === 'ADVANCE_FAILED' ? details?.late !== true : details?.redriven === true;
}

interface Expected {
  purpose: 'step' | 'compensation';
  step: string;
  command: string;
  payload: object;
}

class Replay {
  readonly #code: BoundDefinition;
  readonly #process: VerifiedProcess;
  readonly #sent: readonly SentCommand[];
  /** The first of them that was not met yet. */
  #next = 0;
  /** Compensations that were sent once more for late attempts. */
  #unawaited: Set<unknown> | null = null;
  readonly #violations: ReplayedProcess['violations'] = [];
  #unknown = false;
  #broken = false;
  #awaited: string | null = null;

  /** Whether states go through JSON between replies, as they do on their way through the database. */
  readonly #asStored: boolean;

  constructor(
    code: BoundDefinition,
    process: VerifiedProcess,
    sent: readonly SentCommand[],
    { as_stored }: { as_stored: boolean },
  ) {
    this.#asStored = as_stored;
    this.#code = code;
    this.#process = process;
    this.#sent = sent;
  }

  /** It was sent for what a late attempt may have done, and nobody waits for it. */
  #isUnawaited(command_id: string): boolean {
    this.#unawaited ??= new Set(
      this.#sent.flatMap(({ events }) =>
        events.flatMap(({ type, details }) => (type === 'LATE_EFFECT_UNDONE' ? [details?.compensation_id] : [])),
      ),
    );
    return this.#unawaited.has(command_id);
  }

  run(launched: Record<string, unknown> | null): ReplayedProcess {
    const row = this.#begin(launched);
    if (row !== null) {
      const end = this.#follow(row);
      if (!this.#broken && !this.#unknown) this.#compare(end);
    }
    return { violations: this.#violations, unknown: this.#unknown };
  }

  #report(check: CheckName, detail: string): void {
    this.#violations.push({ check, detail });
  }

  #stored(state: Record<string, unknown>): Record<string, unknown> {
    return this.#asStored ? (throughJson(state) as Record<string, unknown>) : state;
  }

  #begin(launched: Record<string, unknown> | null): { row: ProcessRow; expected: Expected } | null {
    const { process_id, ordinal } = this.#process;
    const { process_type, version } = this.#process.record;
    try {
      const started = this.#asStored ? this.#code.startAnew(ordinal) : this.#code.start(ordinal);
      const state = { ...started, ...(launched === null ? {} : { behavior: launched }) };
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
        state: this.#stored(state),
        path: [step],
        undo: null,
        ending: null,
        keep_effects: false,
        error_code: null,
        error_message: null,
      };
      return { row, expected: { purpose: 'step', step, command, payload } };
    } catch (error) {
      this.#report('steps_complete', `it cannot be started again: ${error}`);
      return null;
    }
  }

  /** From reply to reply until the process ends, waits, or differs. The row is this replay's own, and becomes what it must be. */
  #follow({ row, expected }: { row: ProcessRow; expected: Expected }): ProcessRow {
    for (let next: Expected | null = expected; next !== null; ) {
      const sent = this.#takeSent(next);
      if (sent === null) return row;
      this.#compareSent(next, sent);
      next = this.#decide(row, sent);
    }
    this.#refuseLeftOver();
    return row;
  }

  /** Of deadlines a step has that of its definition, and what undoes has none. */
  #compareSent({ purpose, step, payload }: Expected, { command }: SentCommand): void {
    const check = purpose === 'step' ? 'steps_complete' : 'compensations';
    if (command.payload !== null && !isPayload(payload, command.payload))
      this.#report(check, `${purpose} ${step} was sent with another payload than its definition makes of the state`);
    const { deadline } = command.record;
    const must = purpose === 'step' ? wordsOf(this.#code.deadlineOf(step)) : null;
    if (deadline !== must)
      this.#report(check, `${purpose} ${step} has ${deadline ?? 'no'} deadline, and must have ${must ?? 'none'}`);
  }

  /** The next command, if it is the one expected; compensations that were sent once more are passed over. */
  #takeSent(expected: Expected): SentCommand | null {
    const first = this.#sent[this.#next]?.command.record;
    if (first?.purpose === expected.purpose && first.step === expected.step && first.type === expected.command)
      return this.#sent[this.#next++] ?? null;
    return this.#takeUnlike(expected);
  }

  #takeUnlike(expected: Expected): SentCommand | null {
    const check = expected.purpose === 'step' ? 'steps_complete' : 'compensations';
    const words = `${expected.purpose} ${expected.step}`;
    for (let sent = this.#sent[this.#next++]; sent !== undefined; sent = this.#sent[this.#next++]) {
      const { purpose, step, type } = sent.command.record;
      if (purpose === expected.purpose && step === expected.step) {
        if (type !== expected.command)
          this.#break(check, `${words} was sent as ${type} instead of ${expected.command}`);
        return sent;
      }
      if (purpose === 'compensation' && this.#isUnawaited(sent.command.command_id)) continue;
      this.#break(
        purpose === 'compensation' ? 'compensations' : check,
        `${purpose ?? 'nothing'} ${step} was sent instead of ${words}`,
      );
      return null;
    }
    this.#break(check, `${words} was not sent`);
    return null;
  }

  #break(check: CheckName, detail: string): void {
    this.#broken = true;
    this.#report(check, detail);
  }

  /** Writes on the row what follows from a command; returns what must be sent next, or null when the process ends or waits. */
  #decide(row: ProcessRow, sent: SentCommand): Expected | null {
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
    const { send } = decision;
    row.status = decision.status;
    row.state = this.#stored(decision.state);
    row.undo = decision.undo;
    row.ending = decision.ending;
    row.keep_effects = decision.keep_effects ?? false;
    row.error_code = decision.error_code;
    row.error_message = decision.error_message;
    if (send === null) {
      this.#awaited = null;
      return null;
    }
    row.current_step = send.step;
    if (send.purpose === 'step') row.path.push(send.step);
    return send;
  }

  /** While it is being undone it keeps what it had failed with. */
  #park(row: ProcessRow, { record, error_message }: VerifiedCommand): void {
    row.status = 'WAITING_FOR_TSQ';
    if (row.undo !== null) return;
    row.error_code = record.error_code ?? '';
    row.error_message = error_message ?? '';
  }

  /** Null where the process's own code threw, and nobody has driven the reply on since. */
  #advance(row: ProcessRow, { command, replayed, events }: SentCommand): Decision | null {
    const last = events.length === 0 ? undefined : events.filter(drives).at(-1);
    if (last?.type === 'ADVANCE_FAILED') return null;
    const { reply, keep_effects } = drivenReply(replayed, last);
    const { state } = row;
    // What its code writes to the state it is given, before it throws, must not stay.
    row.state = this.#asStored ? this.#stored(state) : { ...state };
    try {
      return this.#code.advance(row, reply, { attempted: command.record.attempts > 0, keep_effects });
    } catch (error) {
      row.state = state;
      // An operator had it mended in a way that this code does not know.
      if (last !== undefined) this.#unknown = true;
      else
        this.#break(
          'ends_as_replayed',
          `its own code throws on the reply of ${command.record.step}, which was not recorded: ${error}`,
        );
      return null;
    }
  }

  #refuseLeftOver(): void {
    if (this.#unknown) return;
    for (const { command } of this.#sent.slice(this.#next)) {
      const { purpose, step } = command.record;
      if (purpose === 'compensation' && this.#isUnawaited(command.command_id)) continue;
      const check = purpose === 'compensation' ? 'compensations' : 'steps_complete';
      this.#break(check, `${purpose ?? 'nothing'} ${step} was sent, and nothing asked for it`);
    }
  }

  #compare(end: ProcessRow): void {
    const { state, awaiting_command_id, error_message, record } = this.#process;
    const report = (is: string) => this.#report('ends_as_replayed', is);
    for (const column of COMPARED) {
      if (record[column] === end[column]) continue;
      report(`its ${column} is ${record[column]}, and must be ${end[column]}`);
      break;
    }
    const deadline = record.deadline_ms === null ? null : `${record.deadline_ms} ${record.on_deadline}`;
    const must = wordsOf(this.#code.deadlineOf(null));
    if (deadline !== must) report(`it has ${deadline ?? 'no'} deadline, and must have ${must ?? 'none'}`);
    if (awaiting_command_id !== this.#awaited)
      report(`it awaits ${awaiting_command_id ?? 'nothing'}, and must await ${this.#awaited ?? 'nothing'}`);
    // What its code threw stands nowhere else.
    if (error_message !== end.error_message && end.error_code !== 'ADVANCE_FAILED')
      report(`its error_message is ${error_message}, and must be ${end.error_message}`);
    if (record.path.length !== end.path.length || record.path.some((step, at) => step !== end.path[at]))
      this.#report('steps_complete', `its path is ${record.path.join(', ')}, and must be ${end.path.join(', ')}`);
    if (!sameJson(end.state, state)) this.#report('state', 'its state is not what its definition makes of the replies');
  }
}

/** As it stands on a command: how long, and what follows. */
function wordsOf(deadline: Deadline | null): string | null {
  return deadline === null ? null : `${deadline.deadline_ms} ${deadline.on_deadline}`;
}

/** `text` as PostgreSQL wrote it. What its definition makes now may be anything. */
function isPayload(payload: unknown, text: string): boolean {
  try {
    return text === jsonbText(payload) || sameJson(payload, JSON.parse(text));
  } catch {
    return false;
  }
}

/** Of a process as it is, and as it must be. */
const COMPARED = ['status', 'error_code', 'current_step', 'undo', 'ending', 'keep_effects'] as const;
