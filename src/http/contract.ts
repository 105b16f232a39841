// The wire: schemas of every request and answer, shared by server, page and command line. One file per resource.
// Field names are those of the database; times are ISO 8601 strings in UTC, durations in ms.

/** `behavior` and `experiment` of a launch, a batch and a process. */
export type { CommandBehavior, ProcessBehavior } from '../chaos/behavior.ts';
export type { Experiment } from '../chaos/experiment.ts';
export * from '../verification/schemas.ts';
export * from './contract/audit.ts';
export * from './contract/batches.ts';
export * from './contract/behaviors.ts';
export * from './contract/command-batches.ts';
export * from './contract/commands.ts';
export * from './contract/fields.ts';
export * from './contract/kill-switch.ts';
export * from './contract/operations.ts';
export * from './contract/process-batches.ts';
export * from './contract/processes.ts';
export * from './contract/profiles.ts';
export * from './contract/queues.ts';
export * from './contract/replies.ts';
export * from './contract/reports.ts';
export * from './contract/settings.ts';
export * from './contract/tsq.ts';
