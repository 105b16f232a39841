// Verifies windows of a batch, each of their processes replayed from what was recorded, and writes down what violates which check.
// Works slice by slice, so that memory stays flat however large the batch is, and gives the thread away in between.

import { createDecideFault, type DecideFault } from '../chaos/decide.ts';
import type { Experiment } from '../chaos/experiment.ts';
import type { Tx } from '../db/pool.ts';
import { isPlainObject } from '../model/storable.ts';
import { ArtifactBook, type StoredDocument } from './artifact-book.ts';
import { BehaviorBook } from './behavior-book.ts';
import { CheckBook } from './checks.ts';
import { emptyObserved, observeEnd, observeStep } from './observed.ts';
import { createPredictor } from './predict/predict.ts';
import { readVerifiedCommands, type VerifiedCommand } from './queries/verified-commands.ts';
import * as read from './queries/verify.ts';
import type { SqlRule } from './queries/verify-rules.ts';
import { type Span, withAftermath } from './real-failure.ts';
import { replayCommand } from './replay-command.ts';
import { replayProcess, type SentCommand } from './replay-process.ts';
import { suspectsOf } from './suspicion.ts';
import type { Findings, VerifiedProcesses } from './verifier.ts';
import { countVerified, endWindows, type Ordinals, takeWindow, type WindowTask } from './windows.ts';

/** Most processes have none. Never written to. */
const NO_EVENTS: read.VerifiedEvent[] = [];
const SLICE = 500;
/** So many processes are replayed before others have a turn. */
const TURN = 100;
/** So many documents are looked up at a time. */
const LOOKED_UP = 10_000;

export function ordinalsOf({ first_ordinal, total_count }: read.VerifiedBatch): Ordinals {
  return { from: first_ordinal, to: first_ordinal + total_count };
}

function launchOf({ seed, total_count, first_ordinal, behavior, experiment, max_attempts }: read.VerifiedBatch) {
  const scope_pct = ((experiment ?? {}) as Experiment).scope_pct ?? null;
  return { seed, count: total_count, first_ordinal, behavior, scope_pct, max_attempts };
}

/** A part of a window that is read at once. */
interface Slice extends Ordinals {
  window: Ordinals;
}
type ReadSlice = [read.VerifiedProcess[], VerifiedCommand[]];

/** One verify's work on one verdict. */
export class Judgement {
  readonly #tx: Tx;
  readonly #batch: read.VerifiedBatch;
  readonly #processes: VerifiedProcesses | null;
  readonly #book = new CheckBook();
  readonly #observed = emptyObserved();
  readonly #seen = { processes: 0, commands: 0, attempts: 0, compensations: 0 };
  readonly #suspects = new Set<SqlRule>();
  #artifacts: ArtifactBook | null = null;
  /** Processes of the batch that lie outside of a window whose documents were asked for. */
  readonly #elsewhere = new Set<string>();
  /** Of commands, by process. */
  readonly #events = new Map<string, read.VerifiedEvent[]>();
  #disturbances: Span[] = [];
  #behaviors: BehaviorBook;
  #mended = 0;
  readonly #undoable: string[];
  readonly #predictor: ReturnType<typeof createPredictor> | null;
  /** Decisions on the process at hand, a handful: what predicts it asks for those that replayed it. */
  #decided: { step: string; attempt: number; fault: ReturnType<DecideFault> }[] = [];

  constructor(tx: Tx, batch: read.VerifiedBatch, processes: VerifiedProcesses | null) {
    this.#tx = tx;
    this.#batch = batch;
    this.#processes = processes;
    this.#behaviors = new BehaviorBook(batch, []);
    this.#undoable = processes?.outline.steps.flatMap(({ key, compensated }) => (compensated ? [key] : [])) ?? [];
    this.#predictor = processes === null ? null : createPredictor(launchOf(batch), processes.outline, this.#decide);
  }

  readonly #draw = createDecideFault();
  readonly #decide: DecideFault = (behavior, source) => {
    for (const known of this.#decided)
      if (known.attempt === source.attempt && known.step === source.step) return known.fault;
    const fault = this.#draw(behavior, source);
    this.#decided.push({ step: source.step, attempt: source.attempt, fault });
    return fault;
  };

  async run(windows: WindowTask): Promise<Findings> {
    await this.#readWhatHappened();
    await read.lookUpByKey(this.#tx);
    // The server reads one slice while the one before is replayed here.
    let slice = this.#sliceAfter(null, windows);
    let reading = this.#read(slice);
    let verified = 0;
    try {
      while (slice !== null) {
        const [processes, commands] = await reading;
        const next = this.#sliceAfter(slice, windows);
        reading = this.#read(next);
        await this.#judge(slice, processes, commands);
        verified += slice.to - slice.from;
        countVerified(windows, slice.to - slice.from);
        slice = next;
      }
    } catch (error) {
      endWindows(windows);
      this.#artifacts?.abandon();
      throw error;
    }
    this.#tellSeen();
    return {
      verified,
      entries: this.#book.entries,
      observed: this.#observed,
      predicted: this.#predictor?.sum() ?? null,
      changes: this.#behaviors.versions.length,
      suspects: this.#suspects,
      listed: this.#seen.commands,
      mended: this.#mended,
    };
  }

  #tellSeen(): void {
    const { processes, commands, attempts, compensations } = this.#seen;
    this.#book.looked('ends_as_replayed', processes);
    this.#book.looked('rows_agree', processes + commands);
    for (const check of ['settled_once', 'behavior_written'] as const) this.#book.looked(check, commands);
    for (const check of ['attempts_as_rolled', 'no_real_failures'] as const) this.#book.looked(check, attempts);
    this.#book.looked('compensations', compensations);
  }

  async #readWhatHappened(): Promise<void> {
    const { batch_id } = this.#batch;
    const versions = await read.readBehaviorVersions(this.#tx, batch_id);
    this.#behaviors = new BehaviorBook(
      this.#batch,
      versions.map(({ behavior }) => behavior),
    );
    this.#disturbances = withAftermath(await read.readTurbulenceSpans(this.#tx, batch_id));
    for (const event of await read.readVerifiedEvents(this.#tx, batch_id)) {
      if (event.command_id === null || event.process_id === null) continue;
      const known = this.#events.get(event.process_id);
      if (known === undefined) this.#events.set(event.process_id, [event]);
      else known.push(event);
    }
  }

  /** The next part of the window at hand, or the first of the next window. */
  #sliceAfter(slice: Slice | null, windows: WindowTask): Slice | null {
    const inside = slice !== null && slice.to < slice.window.to;
    const window = inside ? slice.window : takeWindow(windows, ordinalsOf(this.#batch));
    if (window === null) return null;
    const from = inside ? slice.to : window.from;
    return { window, from, to: Math.min(from + SLICE, window.to) };
  }

  #read(slice: Slice | null): Promise<ReadSlice> {
    const readBoth = async (): Promise<ReadSlice> => {
      if (slice === null) return [[], []];
      const asked = { batch: this.#batch, from: slice.from, to: slice.to };
      const processes = await read.readVerifiedProcesses(this.#tx, asked);
      return [processes, await readVerifiedCommands(this.#tx, asked)];
    };
    const reading = readBoth();
    // Whoever awaits it sees a failure; one that comes earlier, while a slice is replayed, must not end the program.
    reading.catch(() => {});
    return reading;
  }

  async #judge(slice: Slice, processes: read.VerifiedProcess[], commands: ReadSlice[1]): Promise<void> {
    const { window } = slice;
    if (slice.from === window.from && this.#processes?.documents !== undefined && this.#processes.stored !== undefined)
      this.#artifacts = new ArtifactBook(this.#processes.stored(window));
    let next = 0;
    for (const [index, process] of processes.entries()) {
      // The second statement of the slice that is being read waits for the answer to the first to be taken in.
      if (index % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
      this.#verify(process, commands.slice(next, next + process.listed));
      next += process.listed;
    }
    this.#predictMissing(slice, processes);
    await this.#artifacts?.keepUp(this.#book);
    if (slice.to === window.to) await this.#finishArtifacts();
  }

  async #finishArtifacts(): Promise<void> {
    const others = (await this.#artifacts?.finish(this.#book)) ?? [];
    this.#artifacts = null;
    for (let at = 0; at < others.length; at += LOOKED_UP) await this.#tellStrays(others.slice(at, at + LOOKED_UP));
  }

  /** Of documents outside of a window: those that belong to no process of the batch. */
  async #tellStrays(documents: readonly StoredDocument[]): Promise<void> {
    const unknown = documents.map(({ process_id }) => process_id).filter((id) => !this.#elsewhere.has(id));
    const ids = [...new Set(unknown)];
    if (ids.length === 0) return;
    for (const id of await read.findProcessesOf(this.#tx, this.#batch.batch_id, ids)) this.#elsewhere.add(id);
    for (const { process_id, path } of documents)
      if (!this.#elsewhere.has(process_id))
        this.#book.report('artifacts', process_id, `${path} belongs to no process of the batch`);
  }

  /** What is predicted is predicted of every process that was asked for, whether it is there or not. */
  #predictMissing({ from, to }: Ordinals, processes: readonly read.VerifiedProcess[]): void {
    if (processes.length === to - from || this.#behaviors.versions.length > 0) return;
    const there = new Set(processes.map(({ ordinal }) => ordinal));
    this.#decided = [];
    for (let ordinal = from; ordinal < to; ordinal++) {
      if (there.has(ordinal)) continue;
      this.#predictor?.add(ordinal);
      this.#decided = [];
    }
  }

  #verify(process: read.VerifiedProcess, commands: readonly VerifiedCommand[]): void {
    const launched = this.#behaviors.launchedTo(process.ordinal);
    if (!isPlainObject(process.state)) {
      this.#book.report('state', process.process_id, 'its state is no object');
      process.state = {};
    }
    this.#decided = [];
    const events = this.#events.get(process.process_id) ?? NO_EVENTS;
    const sent: SentCommand[] = [];
    for (const command of commands) {
      if (command.record.purpose !== null) sent.push(this.#replay(process, command, events));
      else
        this.#book.report(
          'one_command_per_step',
          process.process_id,
          `it lists command ${command.command_id}, which is not there`,
        );
    }
    for (const rule of suspectsOf(process, commands)) this.#suspects.add(rule);
    const { disagrees } = process.record;
    if (disagrees.length > 0)
      this.#book.report('rows_agree', process.process_id, `${disagrees.join(', ')} cannot be, by the rows beside it`);
    observeEnd(this.#observed, process.record.status);
    // Under one behavior only: with another beside a command its decisions are not those of the launch.
    if (this.#behaviors.versions.length === 0) this.#predictor?.add(process.ordinal);
    this.#seen.processes++;
    if (this.#processes === null) return;
    const { violations, unknown } = replayProcess(this.#processes.code, process, launched, sent);
    if (unknown) this.#mended++;
    for (const { check, detail } of violations) this.#book.report(check, process.process_id, detail);
    if (this.#processes.documents !== undefined)
      this.#artifacts?.expect(process, sent, {
        documents: this.#processes.documents({ process_type: process.record.process_type, state: process.state }),
        undoable: this.#undoable,
      });
  }

  /** `ofProcess`: events of any of its commands. */
  #replay(
    process: read.VerifiedProcess,
    command: VerifiedCommand,
    ofProcess: readonly read.VerifiedEvent[],
  ): SentCommand {
    const { purpose, step, type } = command.record;
    const events =
      ofProcess.length === 0 ? NO_EVENTS : ofProcess.filter((event) => event.command_id === command.command_id);
    const behavior = this.#behaviors.of(command.record);
    const place = { seed: this.#batch.seed, key: process.ordinal, step: step ?? type };
    const replayed = replayCommand(
      command,
      { behavior, place, decide: this.#decide, times: this.#batch, disturbed: this.#disturbed },
      events,
    );
    for (const { check, detail } of replayed.violations) this.#book.report(check, command.command_id, detail);
    this.#seen.commands++;
    this.#seen.attempts += replayed.attempts.length;
    if (purpose === 'step') observeStep(this.#observed, step ?? '', replayed);
    else if (purpose === 'compensation') this.#seen.compensations++;
    this.#behaviors.check(process, command, behavior, this.#book);
    return { command, replayed, events };
  }

  /** A broken connection may be met a moment after it was broken. */
  readonly #disturbed = ({ from_ms, to_ms }: Span): boolean =>
    this.#disturbances.some((one) => from_ms <= one.to_ms && to_ms >= one.from_ms);
}
