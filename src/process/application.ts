// What an application module exports: its processes, its handlers, and its own start-up work.
// The composition root loads it by path; no file in src imports it.

import type { Readable } from 'node:stream';
import type { HandlerRegistry } from '../bus/handlers.ts';
import type { Pool } from '../db/pool.ts';
import type { Logger } from '../model/env.ts';
import type { AnyProcessDefinition } from './define.ts';

export interface ApplicationContext {
  /**
   * The application's own: values come as the driver gives them, `bigint` as text. A transaction that stands still for
   * a minute is ended.
   */
  pool: Pool;
  logger: Logger;
  /** The folder for files of the application. */
  data_dir: string;
}

/** A document a step stored. `path` is relative to the application's storage. */
export interface Artifact {
  step: string;
  path: string;
}

/** A document as it lies in storage. */
export interface StoredArtifact extends Artifact {
  process_id: string;
}

export interface ArtifactContent {
  stream: Readable;
  content_type: string;
  size_bytes: number;
  file_name: string;
}

export interface Application {
  name: string;
  processes: readonly AnyProcessDefinition[];
  /** The type that a launch without a process type gets; the first of `processes` if absent. */
  default_process_type?: string;
  /** The command that a request without a domain and a type sends; if absent, a request must name both. */
  default_command?: { domain: string; type: string };
  /** Registers the handlers of every command the processes send. */
  register(registry: HandlerRegistry, context: ApplicationContext): void;
  /** Creates or updates the application's own tables; run once at start-up, before anything else. */
  migrate?(context: ApplicationContext): Promise<void>;
  /** Fills what a first start needs; does nothing when it is there. */
  seed?(context: ApplicationContext): Promise<void>;
  /** The documents of a process, from its state. Pure. */
  artifacts?(process: { process_type: string; state: Record<string, unknown> }): Artifact[];
  /**
   * Deletes every document of a batch, which is about to be deleted itself. Safe to repeat; what it throws is tried
   * again later.
   */
  removeArtifacts?(batch: { batch_id: string; process_type: string }, context: ApplicationContext): Promise<void>;
  /**
   * Every document in storage for the processes of a batch with `count` ordinals from `first_ordinal` on, whatever the
   * processes say; for the verdict, which asks window by window. In pieces of any size. Documents of other processes of
   * the batch may come too, and are passed over.
   */
  storedArtifacts?(
    window: { batch_id: string; process_type: string; first_ordinal: number; count: number },
    context: ApplicationContext,
  ): AsyncIterable<StoredArtifact[]>;
  /** Opens a document listed by `artifacts`; null when it is gone. */
  openArtifact?(artifact: Artifact, context: ApplicationContext): Promise<ArtifactContent | null>;
}

export function defaultProcessType(
  application: Pick<Application, 'processes' | 'default_process_type'>,
): string | null {
  return application.default_process_type ?? application.processes[0]?.type ?? null;
}
