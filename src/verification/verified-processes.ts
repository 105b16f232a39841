// What an application contributes to the verification of its processes.

import type { BoundDefinition, ProcessPlan } from './process-plan.ts';

/** Ordinals from `from` to below `to`. */
export interface Ordinals {
  from: number;
  to: number;
}

export interface DocumentOf {
  step: string;
  path: string;
}

/** A document as it lies in storage. */
export interface StoredDocument extends DocumentOf {
  process_id: string;
}

export interface VerifiedProcesses {
  code: BoundDefinition;
  plan: ProcessPlan;
  /** The documents that a process has on record. */
  documents?(process: { process_type: string; state: Record<string, unknown> }): readonly DocumentOf[];
  /** The documents in storage of the processes of a window; others of the same batch are ignored. */
  stored?(window: Ordinals): AsyncIterable<readonly StoredDocument[]>;
}
