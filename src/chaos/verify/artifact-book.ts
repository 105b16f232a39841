// Documents against records: what processes say they stored, what lies in storage, and what may lie there.
// Keeps one short text per process, so that a hundred thousand of them fit.

import type { VerifiedProcess } from '../../db/queries/verify.ts';
import type { CheckBook } from './checks.ts';
import type { SentCommand } from './replay-process.ts';

export interface DocumentOf {
  step: string;
  path: string;
}

interface Expectation {
  /** Paths that must be there. */
  paths: string[];
  /** Steps, as documents name them, of which something may lie in storage: attempted, and not undone. */
  steps: string;
}

const key = (visited: string | null): string => (visited ?? '').replace(/#\d+$/, '');

export class ArtifactBook {
  readonly #expected = new Map<string, Expectation>();

  /** `documents`: those that the process has on record. `undoable`: the steps that have a compensation. */
  expect(
    process: VerifiedProcess,
    sent: readonly SentCommand[],
    { documents, undoable }: { documents: readonly DocumentOf[]; undoable: readonly string[] },
  ): void {
    const compensated = sent
      .filter(({ command }) => command.purpose === 'compensation' && command.status === 'COMPLETED')
      .map(({ command }) => key(command.step));
    const undone = new Set(process.status === 'COMPENSATED' ? undoable : compensated);
    const attempted = new Set(
      sent
        .filter(({ command }) => command.purpose === 'step' && command.attempts > 0)
        .map(({ command }) => key(command.step)),
    );
    const paths = documents.filter(({ step }) => !undone.has(step)).map(({ path }) => path);
    const steps = [...attempted].filter((step) => !undone.has(step)).join(',');
    this.#expected.set(process.process_id, { paths, steps });
  }

  /** Compares with what lies in storage; offends by process. */
  async compare(
    stored: AsyncIterable<readonly (DocumentOf & { process_id: string })[]>,
    book: CheckBook,
  ): Promise<void> {
    for await (const piece of stored) {
      for (const { process_id, step, path } of piece) this.#meet(process_id, step, path, book);
    }
    for (const [process_id, { paths }] of this.#expected)
      for (const path of paths) book.offend('artifacts', process_id, `${path} is on record, and is not there`);
  }

  #meet(process_id: string, step: string, path: string, book: CheckBook): void {
    book.looked('artifacts');
    const expected = this.#expected.get(process_id);
    const at = expected?.paths.indexOf(path) ?? -1;
    if (expected === undefined) book.offend('artifacts', process_id, `${path} belongs to no process of the batch`);
    else if (at !== -1) expected.paths.splice(at, 1);
    else if (!expected.steps.split(',').includes(step))
      book.offend('artifacts', process_id, `${path} is there, though its step was undone or never attempted`);
  }
}
