// Documents against records: what processes say they stored, what lies in storage, and what may lie there.
// Keeps one short text per process, so that a hundred thousand of them fit.

import type { VerifiedProcess } from '../../db/queries/verify.ts';
import { stepKey } from '../../model/process.ts';
import type { CheckBook } from './checks.ts';
import type { SentCommand } from './replay-process.ts';

export interface DocumentOf {
  step: string;
  path: string;
}

interface Expectation {
  /** Paths that must be there and were not met yet. */
  paths: string[];
  /** Steps, as documents name them, of which something may lie in storage: attempted, and not undone. */
  steps: readonly string[];
}

type Stored = DocumentOf & { process_id: string };
const key = (visited: string | null): string => stepKey(visited ?? '');
const ALL_MET: string[] = [];

export class ArtifactBook {
  readonly #expected = new Map<string, Expectation>();
  /** What was met in storage before its process was: storage may come in another order than processes. */
  #early: Stored[] = [];
  readonly #stored: AsyncIterator<readonly Stored[]> | null;
  /** The piece after the one that was read last: it is looked for while processes are replayed. */
  #next: Promise<IteratorResult<readonly Stored[]>> | null = null;

  constructor(stored: AsyncIterable<readonly Stored[]> | undefined) {
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
    const undone =
      process.status === 'COMPENSATED'
        ? undoable
        : sent.flatMap(({ command }) =>
            command.purpose === 'compensation' && command.status === 'COMPLETED' ? [key(command.step)] : [],
          );
    const paths = documents.filter(({ step }) => !undone.includes(step)).map(({ path }) => path);
    const steps: string[] = [];
    for (const { command } of sent) {
      const step = key(command.step);
      if (command.purpose === 'step' && command.attempts > 0 && !undone.includes(step)) steps.push(step);
    }
    this.#expected.set(process.process_id, { paths, steps });
  }

  /** Reads on in storage while nothing of it waits for its process; call it as processes come in, so that neither piles up. */
  async keepUp(book: CheckBook): Promise<void> {
    this.#early = this.#early.filter((document) => !this.#meet(document, book));
    if (this.#early.length === 0) await this.#readPiece(book);
  }

  async #readPiece(book: CheckBook): Promise<boolean> {
    const { done, value } = (await this.#next) ?? { done: true, value: undefined };
    if (done || value === undefined) return false;
    this.#lookAhead();
    for (const document of value) if (!this.#meet(document, book)) this.#early.push(document);
    return true;
  }

  /** Reads what is left of storage and tells what is missing. */
  async finish(book: CheckBook): Promise<void> {
    while (await this.#readPiece(book));
    for (const document of this.#early)
      if (!this.#meet(document, book))
        book.offend('artifacts', document.process_id, `${document.path} belongs to no process of the batch`);
    for (const [process_id, { paths }] of this.#expected)
      for (const path of paths) book.offend('artifacts', process_id, `${path} is on record, and is not there`);
  }

  /** False when its process is not known yet. */
  #meet({ process_id, step, path }: Stored, book: CheckBook): boolean {
    const expected = this.#expected.get(process_id);
    if (expected === undefined) return false;
    book.looked('artifacts');
    const at = expected.paths.indexOf(path);
    if (at === -1) {
      if (!expected.steps.includes(step))
        book.offend('artifacts', process_id, `${path} is there, though its step was undone or never attempted`);
    } else if (expected.paths.length === 1) expected.paths = ALL_MET;
    else expected.paths.splice(at, 1);
    return true;
  }
}
