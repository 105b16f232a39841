// The verdict on a batch: every process replayed from what was recorded, in one snapshot, and each check told what offends it.
// Works slice by slice, so that memory stays flat however large the batch is, and gives the thread away in between.

import type { Pool, Tx } from '../../db/pool.ts';
import { withSnapshot } from '../../db/queries/read-snapshot.ts';
import * as read from '../../db/queries/verify.ts';
import { findRuleOffenders } from '../../db/queries/verify-rules.ts';
import type { ProcessCode } from '../../process/outline.ts';
import { decide } from '../decide.ts';
import type { Experiment } from '../experiment.ts';
import type { Decide } from '../predict/fate.ts';
import { createForetelling, type Outline } from '../predict/foretell.ts';
import { differences, emptyTally } from '../predict/tally.ts';
import { ArtifactBook, type DocumentOf } from './artifact-book.ts';
import { BehaviorBook } from './behavior-book.ts';
import { CheckBook, type CheckName, type CheckResult, LIGHT_CHECKS } from './checks.ts';

export type { CheckResult } from './checks.ts';

import { Observed } from './observed.ts';
import { replayCommand } from './replay-command.ts';
import { replayProcess, type SentCommand } from './replay-process.ts';

/** What the application knows of the batch's processes. Null where it is not registered here: replays are skipped then. */
export interface VerifiedProcesses {
  code: ProcessCode;
  outline: Outline;
  /** The documents that a process has on record. */
  documents?(process: { process_type: string; state: Record<string, unknown> }): readonly DocumentOf[];
  /** What lies in storage. */
  stored?(): AsyncIterable<readonly (DocumentOf & { process_id: string })[]>;
}

export interface VerifyOptions {
  pool: Pool;
  batch_id: string;
  processesOf(batch: read.VerifiedBatch): VerifiedProcesses | null;
}

export interface Verified {
  verdict: 'pass' | 'fail';
  checks: CheckResult[];
  /** What it was given on: see readFingerprint. */
  fingerprint: string;
}

const SLICE = 500;
/** So many processes are replayed before others have a turn. */
const TURN = 100;
/** How long after a disturbance a failure is still put down to it: a server takes seconds to recover. */
const AFTERMATH_MS = 10_000;

/** Every check, on a batch as it is now. Null when there is no such batch of processes. */
export function verifyBatch({ pool, batch_id, processesOf }: VerifyOptions): Promise<Verified | null> {
  return withSnapshot(pool, async (tx) => {
    const batch = await read.readVerifiedBatch(tx, batch_id);
    if (batch === null || batch.kind !== 'process') return null;
    const fingerprint = (await read.readFingerprint(tx, batch_id)) ?? '';
    const book = new CheckBook();
    await askRules(tx, batch, book);
    const verification = new Verification(tx, batch, processesOf(batch), book);
    await verification.run();
    const checks = book.results();
    return { verdict: checks.some(({ status }) => status === 'fail') ? 'fail' : 'pass', checks, fingerprint };
  });
}

/** The checks that hold at any moment, on a batch that still runs. */
export function verifyLightly(pool: Pool, batch_id: string): Promise<CheckResult[] | null> {
  return withSnapshot(pool, async (tx) => {
    const batch = await read.readVerifiedBatch(tx, batch_id);
    if (batch === null || batch.kind !== 'process') return null;
    const book = new CheckBook();
    await askRules(tx, batch, book);
    const light = new Set<CheckName>(LIGHT_CHECKS);
    return book
      .results()
      .map((check) =>
        light.has(check.name) ? check : { ...check, status: 'skipped', note: 'Made when the batch is at rest.' },
      );
  });
}

async function askRules(tx: Tx, batch: read.VerifiedBatch, book: CheckBook): Promise<void> {
  for (const rule of LIGHT_CHECKS) {
    const offenders = await findRuleOffenders(tx, rule, batch.batch_id);
    book.looked(rule, batch.created_count);
    for (const { id, detail } of offenders) book.offend(rule, id, detail);
  }
}

function launchOf({ seed, total_count, first_ordinal, behavior, experiment, max_attempts }: read.VerifiedBatch) {
  const scope_pct = ((experiment ?? {}) as Experiment).scope_pct ?? null;
  return { seed, count: total_count, first_ordinal, behavior, scope_pct, max_attempts };
}

class Verification {
  readonly #tx: Tx;
  readonly #batch: read.VerifiedBatch;
  readonly #processes: VerifiedProcesses | null;
  readonly #book: CheckBook;
  readonly #observed = new Observed();
  readonly #artifacts: ArtifactBook;
  readonly #events = new Map<string, read.VerifiedEvent[]>();
  #disturbances: { from_ms: number; to_ms: number }[] = [];
  #behaviors: BehaviorBook;
  #unknown = 0;
  readonly #undoable: string[];
  readonly #foretelling: ReturnType<typeof createForetelling> | null;
  /** Decisions on the process at hand, a handful: what foretells it asks for those that replayed it. */
  #decided: { step: string; attempt: number; injection: ReturnType<Decide> }[] = [];

  constructor(tx: Tx, batch: read.VerifiedBatch, processes: VerifiedProcesses | null, book: CheckBook) {
    this.#tx = tx;
    this.#batch = batch;
    this.#processes = processes;
    this.#book = book;
    this.#behaviors = new BehaviorBook(batch, []);
    this.#artifacts = new ArtifactBook(processes?.documents && processes.stored?.());
    this.#undoable = processes?.outline.steps.flatMap(({ key, compensated }) => (compensated ? [key] : [])) ?? [];
    this.#foretelling = processes === null ? null : createForetelling(launchOf(batch), processes.outline, this.#decide);
  }

  readonly #decide: Decide = (behavior, source) => {
    const { step, attempt } = source;
    for (const known of this.#decided) if (known.attempt === attempt && known.step === step) return known.injection;
    const injection = decide(behavior, source);
    this.#decided.push({ step, attempt, injection });
    return injection;
  };

  async run(): Promise<void> {
    const { batch_id, first_ordinal, total_count } = this.#batch;
    const versions = await read.readBehaviorVersions(this.#tx, batch_id);
    this.#behaviors = new BehaviorBook(
      this.#batch,
      versions.map(({ behavior }) => behavior),
    );
    this.#disturbances = await read.readDisturbances(this.#tx, batch_id);
    for (const event of await read.readVerifiedEvents(this.#tx, batch_id)) {
      if (event.command_id === null) continue;
      const known = this.#events.get(event.command_id);
      if (known === undefined) this.#events.set(event.command_id, [event]);
      else known.push(event);
    }
    await read.lookUpByKey(this.#tx);
    const end = first_ordinal + total_count;
    // The server reads one slice while the one before is replayed here.
    let reading = this.#readSlice(first_ordinal, end);
    for (let from = first_ordinal; from < end; from += SLICE) {
      const [processes, commands] = await reading;
      reading = this.#readSlice(from + SLICE, end);
      for (const [index, process] of processes.entries()) {
        // The second statement of the slice that is being read waits for the answer to the first to be taken in.
        if (index % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
        this.#verify(process, commands);
      }
      this.#foretellMissing(from, Math.min(from + SLICE, end), processes);
      await this.#artifacts.keepUp(this.#book);
    }
    await reading;
    this.#tellFaults();
    await this.#compareArtifacts();
    await this.#comparePrediction();
    this.#tellSkipped();
  }

  /** What is foretold is foretold of every process that was asked for, whether it is there or not. */
  #foretellMissing(from: number, to: number, processes: readonly read.VerifiedProcess[]): void {
    if (processes.length === to - from || this.#behaviors.versions.length > 0) return;
    const there = new Set(processes.map(({ ordinal }) => ordinal));
    this.#decided = [];
    for (let ordinal = from; ordinal < to; ordinal++) {
      if (there.has(ordinal)) continue;
      this.#foretelling?.add(ordinal);
      this.#decided = [];
    }
  }

  #readSlice(from: number, end: number): Promise<[read.VerifiedProcess[], Map<string, read.VerifiedCommand>]> {
    const { batch_id } = this.#batch;
    const ordinals = { from, to: Math.min(from + SLICE, end) };
    const readBoth = async () => {
      const processes = await read.readVerifiedProcesses(this.#tx, batch_id, ordinals);
      const commands = await read.readVerifiedCommands(this.#tx, batch_id, ordinals);
      return [processes, commands] as [typeof processes, typeof commands];
    };
    const slice = readBoth();
    // Whoever awaits it sees a failure; one that comes earlier, while a slice is replayed, must not end the program.
    slice.catch(() => {});
    return slice;
  }

  #verify(process: read.VerifiedProcess, commands: Map<string, read.VerifiedCommand>): void {
    const launched = this.#behaviors.launchedTo(process.ordinal);
    this.#decided = [];
    const sent: SentCommand[] = [];
    for (const command_id of process.command_ids) {
      const command = commands.get(command_id);
      if (command === undefined || command.purpose === null) {
        this.#book.offend(
          'one_command_per_step',
          process.process_id,
          `it lists command ${command_id}, which is not there`,
        );
        continue;
      }
      sent.push(this.#replay(process, command));
    }
    this.#observed.addEnd(process.status);
    // Under one behavior only: with another beside a command its decisions are not those of the launch.
    if (this.#behaviors.versions.length === 0) this.#foretelling?.add(process.ordinal);
    this.#book.looked('ends_as_replayed');
    if (this.#processes === null) return;
    const { offences, unknown } = replayProcess(this.#processes.code, process, launched, sent);
    if (unknown) this.#unknown++;
    for (const { check, detail } of offences) this.#book.offend(check, process.process_id, detail);
    if (this.#processes.documents !== undefined)
      this.#artifacts.expect(process, sent, {
        documents: this.#processes.documents(process),
        undoable: this.#undoable,
      });
  }

  #replay(process: read.VerifiedProcess, command: read.VerifiedCommand): SentCommand {
    const events = this.#events.get(command.command_id) ?? [];
    const behavior = this.#behaviors.parse(command.behavior);
    const place = { seed: this.#batch.seed, key: process.ordinal, step: command.step ?? command.type };
    const replayed = replayCommand(command, { ...this.#chaos, behavior, place }, events);
    for (const { check, detail } of replayed.offences) this.#book.offend(check, command.command_id, detail);
    this.#book.looked('settled_once');
    this.#book.looked('attempts_as_rolled', replayed.attempts.length);
    this.#book.looked('no_real_failures', replayed.attempts.length);
    if (command.purpose === 'step') this.#observed.addStep(command.step ?? '', replayed);
    else if (command.purpose === 'compensation') this.#book.looked('compensations');
    this.#behaviors.check(process, command, behavior, this.#book);
    return { command, replayed, events };
  }

  readonly #chaos = {
    decide: this.#decide,
    disturbed: (span: { from_ms: number; to_ms: number }) => this.#disturbed(span),
  };

  /** A broken connection may be met a moment after it was broken. */
  #disturbed({ from_ms, to_ms }: { from_ms: number; to_ms: number }): boolean {
    return this.#disturbances.some((one) => from_ms <= one.to_ms + AFTERMATH_MS && to_ms >= one.from_ms);
  }

  /** A fault that the rolls asked for and that never fired, or less often: told by the step. */
  #tellFaults(): void {
    const told: string[] = [];
    for (const [step, { asked, fired }] of this.#observed.steps) {
      for (const [fault, count] of asked) {
        this.#book.looked('faults_fired', count);
        const did = fired.get(fault) ?? 0;
        told.push(`${step} ${fault} ${did} of ${count}`);
        if (did < count)
          this.#book.offend(
            'faults_fired',
            this.#batch.batch_id,
            `${step}: ${fault} was asked ${count} times and fired ${did}`,
          );
      }
    }
    if (told.length === 0) this.#book.skip('faults_fired', 'No fault was asked for by any roll.');
    else this.#book.note('faults_fired', told.join(', '));
  }

  async #compareArtifacts(): Promise<void> {
    if (this.#processes?.stored === undefined || this.#processes.documents === undefined)
      return this.#book.skip('artifacts', 'The application does not tell what lies in its storage.');
    await this.#artifacts.finish(this.#book);
  }

  /** Only where nothing came in between; else the replay alone says whether all was as it had to be. */
  async #comparePrediction(): Promise<void> {
    const reasons = this.#incomparable();
    if (reasons.length > 0 || this.#foretelling === null)
      return this.#book.skip('as_predicted', `Replayed instead: ${reasons.join(', ')}.`);
    const { expected, steps } = this.#foretelling.sum();
    this.#book.looked('as_predicted', this.#batch.total_count);
    const offend = (detail: string) => this.#book.offend('as_predicted', this.#batch.batch_id, detail);
    for (const [step, tally] of Object.entries(steps))
      for (const difference of differences(step, this.#observed.steps.get(step)?.tally ?? emptyTally(), tally))
        offend(difference);
    const { ends } = this.#observed;
    for (const end of ['completed', 'failed', 'compensated', 'in_troubleshooting'] as const)
      if (ends[end] !== expected[end]) offend(`${end}: ${ends[end]} instead of ${expected[end]}`);
  }

  #incomparable(): string[] {
    const { interrupted, disturbed, operated, suppressed, answered, ends } = this.#observed;
    const counted: [number, string][] = [
      [interrupted, 'attempts were interrupted'],
      [disturbed, 'attempts failed under turbulence'],
      [operated, 'commands were operated, cancelled or cut by a deadline'],
      [suppressed, 'attempts were left alone because injection was stopped'],
      [this.#behaviors.versions.length, 'times the behavior was changed'],
      [answered, 'attempts met a business rule of the handler'],
      [ends.canceled, 'processes were cancelled'],
      [ends.open, 'processes are still under way'],
      [this.#unknown, 'processes were mended by an operator'],
      [this.#batch.total_count - this.#batch.created_count, 'processes were not created'],
    ];
    const reasons = counted.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
    const uncertain = this.#processes?.outline.uncertain ?? null;
    if (this.#processes === null) reasons.push('the process type is not registered here');
    if (uncertain !== null) reasons.push(uncertain);
    return reasons;
  }

  #tellSkipped(): void {
    const replayed = ['steps_complete', 'state', 'ends_as_replayed', 'compensations'] as const;
    if (this.#processes === null)
      for (const check of replayed) this.#book.skip(check, 'The process type and version are not registered here.');
    for (const check of ['steps_complete', 'state'] as const) this.#book.looked(check, this.#batch.created_count);
    if (this.#unknown > 0)
      this.#book.note(
        'ends_as_replayed',
        `${this.#unknown} processes were mended by an operator after their own code had thrown; they are not replayed further.`,
      );
  }
}
