// Documents against records, for one window of a batch: what its processes say they stored, what lies in storage, and what may lie
// there.

import { StorageSilentError } from '../model/errors.ts';
import { stepKey } from '../model/process.ts';
import type { CheckBook } from './checks.ts';
import type { VerifiedProcess } from './queries/verify.ts';
import type { SentCommand } from './replay-process.ts';

export interface DocumentOf {
  step: string;
  path: string;
}

/** A document as it lies in storage. */
export interface StoredDocument extends DocumentOf {
  process_id: string;
}

interface Expectation {
  /** Paths that must be there and were not met yet. */
  paths: string[];
  /** Steps, as documents name them, of which something may lie in storage: attempted, and not undone. */
  steps: readonly string[];
}

/** A storage that is silent for so long is given up: verdicts are given one at a time, and all others wait. */
const PATIENCE_MS = 30_000;

const key = (visited: string | null): string => stepKey(visited ?? '');
const ALL_MET: string[] = [];

/** The steps of which a compensation was made. */
function undoneBy(sent: readonly SentCommand[]): string[] {
  return sent.flatMap(({ command: { record } }) =>
    record.purpose === 'compensation' && record.status === 'COMPLETED' ? [key(record.step)] : [],
  );
}

export class ArtifactBook {
  readonly #expected = new Map<string, Expectation>();
  readonly #lists = new Map<string, readonly string[]>();
  /** What was met in storage before its process was: storage may come in another order than processes. */
  #early: StoredDocument[] = [];
  readonly #stored: AsyncIterator<readonly StoredDocument[]> | null;
  /** The piece after the one that was read last: it is looked for while processes are replayed. */
  #next: Promise<IteratorResult<readonly StoredDocument[]>> | null = null;

  readonly #patience_ms: number;

  constructor(stored: AsyncIterable<readonly StoredDocument[]> | undefined, patience_ms = PATIENCE_MS) {
    this.#patience_ms = patience_ms;
    this.#stored = stored?.[Symbol.asyncIterator]() ?? null;
    this.#lookAhead();
  }

  #lookAhead(): void {
    this.#next = this.#stored?.next() ?? null;
    // Whoever awaits it sees a failure; one that comes earlier must not end the program.
    this.#next?.catch(() => {});
  }

  /** `documents`: those that the process has on record. `undoable`: the steps that have a compensation. */
  expect(
    process: VerifiedProcess,
    sent: readonly SentCommand[],
    { documents, undoable }: { documents: readonly DocumentOf[]; undoable: readonly string[] },
  ): void {
    const undone = process.record.status === 'COMPENSATED' ? undoable : undoneBy(sent);
    const kept = undone.length === 0 ? documents : documents.filter(({ step }) => !undone.includes(step));
    const attempted: string[] = [];
    for (const { command } of sent) {
      const { purpose, step, attempts } = command.record;
      if (purpose === 'step' && attempts > 0) attempted.push(key(step));
    }
    const steps = attempted.filter((step) => !undone.includes(step));
    this.#expected.set(process.process_id, { paths: kept.map(({ path }) => path), steps: this.#shared(steps) });
  }

  /** Few lists of steps are different, and one is kept for each process of the window. */
  #shared(steps: string[]): readonly string[] {
    const text = steps.join();
    const known = this.#lists.get(text);
    if (known !== undefined) return known;
    this.#lists.set(text, steps);
    return steps;
  }

  /** Reads on in storage while nothing of it waits for its process; call it as processes come in, so that neither piles up. */
  async keepUp(book: CheckBook): Promise<void> {
    this.#early = this.#early.filter((document) => !this.#meet(document, book));
    if (this.#early.length === 0) await this.#readPiece(book);
  }

  async #readPiece(book: CheckBook): Promise<boolean> {
    const { done, value } = (await this.#awaitNext()) ?? { done: true, value: undefined };
    if (done || value === undefined) return false;
    this.#lookAhead();
    for (const document of value) if (!this.#meet(document, book)) this.#early.push(document);
    return true;
  }

  /** Lets go of storage before its end. Nothing is awaited: it may be silent. */
  abandon(): void {
    void this.#stored?.return?.()?.catch(() => {});
  }

  async #awaitNext(): Promise<IteratorResult<readonly StoredDocument[]> | null> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StorageSilentError(this.#patience_ms)), this.#patience_ms);
    });
    try {
      return await Promise.race([this.#next, silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads what is left of storage, tells what is missing, and returns what belongs to no process of the window. */
  async finish(book: CheckBook): Promise<StoredDocument[]> {
    while (await this.#readPiece(book));
    const others = this.#early.filter((document) => !this.#meet(document, book));
    for (const [process_id, { paths }] of this.#expected)
      for (const path of paths) book.report('artifacts', process_id, `${path} is on record, and is not there`);
    return others;
  }

  /** False when its process is not known yet. */
  #meet({ process_id, step, path }: StoredDocument, book: CheckBook): boolean {
    const expected = this.#expected.get(process_id);
    if (expected === undefined) return false;
    book.looked('artifacts');
    const at = expected.paths.indexOf(path);
    if (at === -1) {
      if (!expected.steps.includes(step))
        book.report('artifacts', process_id, `${path} is there, though its step was undone or never attempted`);
    } else if (expected.paths.length === 1) expected.paths = ALL_MET;
    else expected.paths.splice(at, 1);
    return true;
  }
}
