// Compares the documents in storage with those that processes have on record, for one window of a batch.
// It reads during the replay, and holds some thousands of other documents besides those of the window.

import { StorageSilentError } from '../../model/errors.ts';
import { stepKey } from '../../model/process.ts';
import type { RecordedProcess } from '../queries/recorded.ts';
import type { DocumentOf, StoredDocument } from '../verified-processes.ts';
import type { CheckResults } from './check-results.ts';

/** The check gives up if storage does not respond for this long, because verdicts are computed one at a time. */
const PATIENCE_MS = 30_000;
/** How many documents of other processes are handed on at a time: each time costs a statement. */
const MANY_OTHERS = 10_000;

/**
 * Compares the documents of a process: those on record must exist, and each must belong to a step that was attempted
 * and kept.
 */
export function checkDocuments(
  results: CheckResults,
  process: RecordedProcess,
  stored: readonly StoredDocument[],
  { documents, undoable }: { documents: readonly DocumentOf[]; undoable: readonly string[] },
): void {
  const commands = process.commands.filter(({ purpose }) => purpose !== null);
  const compensated = commands.filter(({ purpose, status }) => purpose === 'compensation' && status === 'COMPLETED');
  const undone = process.status === 'COMPENSATED' ? undoable : compensated.map(({ step }) => stepKey(step));
  const attempted = commands.filter(({ purpose, attempts }) => purpose === 'step' && attempts > 0);
  const steps = new Set(attempted.map(({ step }) => stepKey(step)).filter((step) => !undone.includes(step)));
  const missing = new Set(documents.filter(({ step }) => !undone.includes(step)).map(({ path }) => path));
  results.checked('artifacts', stored.length);
  for (const { path, step } of stored)
    if (!missing.delete(path) && !steps.has(step))
      results.report(
        'artifacts',
        process.process_id,
        `${path} is there, though its step was undone or never attempted`,
      );
  for (const path of missing) results.report('artifacts', process.process_id, `${path} is on record, and is not there`);
}

export interface Reading {
  /** Receives the documents of other processes, many at a time. */
  onOthers(documents: readonly StoredDocument[]): Promise<void>;
  /** Ends the reading: `onOthers` is not called again. */
  signal?: AbortSignal;
  patience_ms?: number;
}

/**
 * Reads the documents of the processes `ids`, by process.
 * @throws StorageSilentError
 */
export async function readDocuments(
  stored: AsyncIterable<readonly StoredDocument[]>,
  ids: ReadonlySet<string>,
  { onOthers, signal, patience_ms = PATIENCE_MS }: Reading,
): Promise<Map<string, StoredDocument[]>> {
  const found = new Map<string, StoredDocument[]>();
  let others: StoredDocument[] = [];
  const pieces = stored[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await within(patience_ms, pieces.next());
      signal?.throwIfAborted();
      for (const document of done ? [] : value) {
        if (!ids.has(document.process_id)) others.push(document);
        else found.set(document.process_id, [...(found.get(document.process_id) ?? []), document]);
      }
      if (others.length >= (done ? 1 : MANY_OTHERS)) {
        await onOthers(others);
        others = [];
      }
      if (done) return found;
    }
  } catch (error) {
    // Not awaited, because storage may not respond.
    void pieces.return?.()?.catch(() => {});
    throw error;
  }
}

async function within<T>(patience_ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StorageSilentError(patience_ms)), patience_ms);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
