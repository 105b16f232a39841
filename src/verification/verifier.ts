// Verifies: whoever takes windows of a batch and tells what it found. What goes in and comes out is plain data, so that a verify may sit in
// another thread; this file has the one that works in its own.

import type { Pool } from '../db/pool.ts';
import { withSnapshot } from '../db/queries/read-snapshot.ts';
import type { DocumentOf, StoredDocument } from './artifact-book.ts';
import { CheckBook, type CheckEntries } from './checks.ts';
import { addObserved, type Observed } from './observed.ts';
import type { BoundDefinition } from './outline.ts';
import { addPredicted, type Foretold, type Outline } from './predict/predict.ts';
import { readVerifiedBatch, type VerifiedBatch } from './queries/verify.ts';
import type { SqlRule } from './queries/verify-rules.ts';
import { Judgement } from './window-verifier.ts';
import type { Ordinals, WindowTask } from './windows.ts';

/** What the application knows of the batch's processes. Null where it is not registered here: replays are skipped then. */
export interface VerifiedProcesses {
  code: BoundDefinition;
  outline: Outline;
  /** The documents that a process has on record. */
  documents?(process: { process_type: string; state: Record<string, unknown> }): readonly DocumentOf[];
  /** What lies in storage of the processes of a window; what else it tells of is looked up, and passed over. */
  stored?(window: Ordinals): AsyncIterable<readonly StoredDocument[]>;
}

/** Which batch, as of which moment, and where its windows are taken from. Plain data: a verify may sit in another thread. */
export interface VerifyTask {
  batch_id: string;
  /** As exportSnapshot gave it, in a transaction that is open until all verifies are done. */
  snapshot: string;
  windows: WindowTask;
}

/** What a verify found in the windows it took. Plain data, as the task is. */
export interface Findings {
  /** How many ordinals it verified. */
  verified: number;
  entries: CheckEntries;
  observed: Observed;
  /** Of the same processes; null where their type is not registered. */
  predicted: Foretold | null;
  /** How often the behavior was changed after the launch. */
  changes: number;
  /** What SQL has to be asked about: see suspicion.ts. */
  suspects: Set<SqlRule>;
  /** Commands that processes list, and that are there. */
  listed: number;
  /** Processes that an operator mended after their own code had thrown: not replayed to their end. */
  mended: number;
}

/** Takes windows until none is left. One that throws within a window leaves none to the others: what it had found is lost. */
export type Judge = (task: VerifyTask) => Promise<Findings>;

/** A verify in this thread, with a connection of its own. */
export function createVerifier(pool: Pool, processesOf: (batch: VerifiedBatch) => VerifiedProcesses | null): Judge {
  return ({ batch_id, snapshot, windows }) =>
    withSnapshot(
      pool,
      async (tx) => {
        const batch = await readVerifiedBatch(tx, batch_id);
        if (batch === null) throw new Error(`The batch ${batch_id} is not in the snapshot it is verified by.`);
        return new Judgement(tx, batch, processesOf(batch)).run(windows);
      },
      snapshot,
    );
}

/** Adds what another verify found. */
export function addFindings(findings: Findings, other: Findings): void {
  findings.verified += other.verified;
  const book = new CheckBook(findings.entries);
  book.add(other.entries);
  addObserved(findings.observed, other.observed);
  if (findings.predicted !== null && other.predicted !== null) addPredicted(findings.predicted, other.predicted);
  for (const rule of other.suspects) findings.suspects.add(rule);
  findings.listed += other.listed;
  findings.mended += other.mended;
}
