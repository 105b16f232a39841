// Replays every process of a batch, window by window, and reports the violations of each check.
// Memory holds one window of processes, and the next one while it is read. The event loop gets a turn in between.

import { createDecideFault } from '../chaos/decide.ts';
import type { Tx } from '../db/pool.ts';
import { isPlainObject } from '../model/storable.ts';
import { checkDocuments, readDocuments } from './checks/artifact-check.ts';
import { BehaviorHistory } from './checks/behavior-history.ts';
import type { CheckResults } from './checks/check-results.ts';
import { Observations } from './checks/observations.ts';
import { type Span, withAftermath } from './failures.ts';
import {
  findProcessesOf,
  type RecordedBatch,
  type RecordedCommand,
  type RecordedEvent,
  type RecordedProcess,
  readByKey,
  readRecordedEvents,
  readRecordedProcesses,
  readTurbulenceSpans,
} from './queries/recorded.ts';
import { replayCommand } from './replay/replay-command.ts';
import { replayProcess, type SentCommand } from './replay/replay-process.ts';
import type { Ordinals, StoredDocument, VerifiedProcesses } from './verified-processes.ts';

/** Processes held at a time. Windows begin at multiples of it, as the folders of documents do. */
export const WINDOW = 1_000;
/** Processes replayed before the event loop gets a turn. */
const TURN = 50;

export interface BatchRecords {
  tx: Tx;
  batch: RecordedBatch;
  /** Null if the process type is not registered here; replays are then skipped. */
  processes: VerifiedProcesses | null;
  /** Behaviors set after the launch. */
  changes: readonly (Record<string, unknown> | null)[];
}

export class BatchVerifier {
  readonly observations = new Observations();
  readonly #tx: Tx;
  readonly #batch: RecordedBatch;
  readonly #processes: VerifiedProcesses | null;
  readonly #results: CheckResults;
  readonly #behaviors: BehaviorHistory;
  readonly #decide = createDecideFault();
  readonly #undoable: readonly string[];
  /** By process. */
  readonly #events = new Map<string, RecordedEvent[]>();
  #turbulence: readonly Span[] = [];
  /** Processes of the batch outside of a window whose documents were listed with it. */
  readonly #elsewhere = new Set<string>();

  constructor({ tx, batch, processes, changes }: BatchRecords, results: CheckResults) {
    this.#tx = tx;
    this.#batch = batch;
    this.#processes = processes;
    this.#results = results;
    this.#behaviors = new BehaviorHistory(batch, changes);
    this.#undoable = processes?.plan.steps.flatMap(({ key, compensated }) => (compensated ? [key] : [])) ?? [];
  }

  /** @param onProgress hears how many processes are verified */
  async run(onProgress: (verified: number) => void): Promise<void> {
    const { batch_id, first_ordinal } = this.#batch;
    this.#turbulence = withAftermath(await readTurbulenceSpans(this.#tx, batch_id));
    for (const event of await readRecordedEvents(this.#tx, batch_id)) {
      const ofProcess = this.#events.get(event.process_id);
      if (ofProcess) ofProcess.push(event);
      else this.#events.set(event.process_id, [event]);
    }
    await readByKey(this.#tx);
    const windows = windowsOf(this.#batch);
    let reading = this.#read(windows[0]);
    for (const [index, window] of windows.entries()) {
      const recorded = await reading;
      reading = this.#read(windows[index + 1]);
      await this.#verifyWindow(window, recorded);
      onProgress(window.to - first_ordinal);
    }
  }

  #read(window: Ordinals | undefined): Promise<RecordedProcess[]> {
    const reading =
      window === undefined ? Promise.resolve([]) : readRecordedProcesses(this.#tx, this.#batch.batch_id, window);
    // The failure is handled where it is awaited, which may be later.
    reading.catch(() => {});
    return reading;
  }

  async #verifyWindow(window: Ordinals, recorded: readonly RecordedProcess[]): Promise<void> {
    const { stored, documents } = this.#processes ?? {};
    const ids = new Set(recorded.map(({ process_id }) => process_id));
    const failed = new AbortController();
    const reading = {
      onOthers: (others: readonly StoredDocument[]) => this.#reportStrays(others),
      signal: failed.signal,
    };
    const listing = stored && documents ? readDocuments(stored(window), ids, reading) : null;
    listing?.catch(() => {});
    try {
      for (const [index, process] of recorded.entries()) {
        if (index % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
        this.#verifyProcess(process);
      }
    } catch (error) {
      // Storage may be listed for long, and the transaction is over by then.
      failed.abort(error);
      throw error;
    }
    if (listing === null || documents === undefined) return;
    const found = await listing;
    for (const process of recorded)
      checkDocuments(this.#results, process, found.get(process.process_id) ?? [], {
        documents: documents({ process_type: process.process_type, state: process.state }),
        undoable: this.#undoable,
      });
  }

  /** Documents of another window are none of this one's business; others belong to no process of the batch. */
  async #reportStrays(documents: readonly StoredDocument[]): Promise<void> {
    const unknown = documents.map(({ process_id }) => process_id).filter((id) => !this.#elsewhere.has(id));
    if (unknown.length === 0) return;
    for (const id of await findProcessesOf(this.#tx, this.#batch.batch_id, [...new Set(unknown)]))
      this.#elsewhere.add(id);
    for (const { process_id, path } of documents)
      if (!this.#elsewhere.has(process_id))
        this.#results.report('artifacts', process_id, `${path} belongs to no process of the batch`);
  }

  #verifyProcess(process: RecordedProcess): void {
    const { process_id, ordinal, status, inconsistent } = process;
    const report = this.#results.report.bind(this.#results);
    if (!isPlainObject(process.state)) {
      report('state', process_id, 'its state is no object');
      process.state = {};
    }
    if (inconsistent !== '') report('rows_agree', process_id, `${inconsistent} does not agree with its batch`);
    const events = this.#events.get(process_id) ?? [];
    const sent: SentCommand[] = [];
    for (const command of process.commands) {
      if (command.purpose !== null) sent.push(this.#replayCommand(ordinal, command, events));
      else report('one_command_per_step', process_id, `it lists command ${command.command_id}, which does not exist`);
    }
    this.observations.addEnd(status);
    this.#results.checked('ends_as_replayed', 1);
    this.#results.checked('rows_agree', 1 + sent.length);
    if (this.#processes === null) return;
    const launched = this.#behaviors.launchedWith(ordinal);
    const { violations, unknown } = replayProcess(this.#processes.code, process, launched, sent);
    if (unknown) this.observations.fixed++;
    for (const { check, detail } of violations) report(check, process_id, detail);
  }

  #replayCommand(ordinal: number, command: RecordedCommand, ofProcess: readonly RecordedEvent[]): SentCommand {
    const { command_id, purpose, step } = command;
    const results = this.#results;
    const events = ofProcess.filter((event) => event.command_id === command_id);
    const behavior = this.#behaviors.of(command);
    const roll = { seed: this.#batch.seed, key: ordinal, step };
    const context = {
      batch: this.#batch,
      behavior,
      roll,
      decide: this.#decide,
      underTurbulence: ({ from_ms, to_ms }: Span) =>
        this.#turbulence.some((span) => from_ms <= span.to_ms && to_ms >= span.from_ms),
    };
    const replayed = replayCommand(command, context, events);
    for (const { check, detail } of replayed.violations) results.report(check, command_id, detail);
    const problem = this.#behaviors.problemOf(ordinal, command, behavior);
    if (problem !== null) results.report('behavior_written', command_id, `${step} ${problem}`);
    for (const check of ['settled_once', 'behavior_written'] as const) results.checked(check, 1);
    for (const check of ['attempts_as_rolled', 'no_real_failures'] as const)
      results.checked(check, replayed.attempts.length);
    if (purpose === 'step') this.observations.addStep(step, replayed);
    else if (purpose === 'compensation') results.checked('compensations', 1);
    return { command, replayed, events };
  }
}

/** The ordinals of a batch, cut at multiples of the window. */
export function windowsOf({ first_ordinal, total_count }: Pick<RecordedBatch, 'first_ordinal' | 'total_count'>) {
  const windows: Ordinals[] = [];
  const end = first_ordinal + total_count;
  for (let from = first_ordinal; from < end; ) {
    const to = Math.min(end, (Math.floor(from / WINDOW) + 1) * WINDOW);
    windows.push({ from, to });
    from = to;
  }
  return windows;
}
