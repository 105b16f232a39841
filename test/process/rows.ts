// Processes and definitions for tests of what is pure: a row as it stands in the database, and one that no one may change.

import { z } from 'zod';
import type { ProcessRow } from '../../src/model/process.ts';
import { type AnyProcessDefinition, defineProcess, type StepDefinition } from '../../src/process/define.ts';

type State = Record<string, unknown>;
export type Step = StepDefinition<State>;

/** A definition of these steps; what a step leaves out is filled in: command `Do<key>`, payload `{ key }`. */
export function definitionOf(steps: (Partial<Step> & { key: string })[]): AnyProcessDefinition {
  return defineProcess({
    type: 'Sample',
    version: 1,
    domain: 'sample',
    input: z.strictObject({}),
    state: z.record(z.string(), z.unknown()),
    start: () => ({}),
    steps: steps.map((step) => ({ command: `Do${step.key}`, request: () => ({ key: step.key }), ...step })),
  });
}

/** What undoes a step, under a name that says of which one. */
export function undoOf(key: string): NonNullable<Step['compensate']> {
  return { command: `Undo${key}`, request: () => ({ undo: key }) };
}

/** A process as its first step awaits a reply. */
export function processRow(fields: Partial<ProcessRow> = {}): ProcessRow {
  const path = fields.path ?? ['a'];
  return {
    process_id: '01900000-0000-7000-8000-000000000001',
    lane: 0,
    batch_id: null,
    ordinal: 0,
    process_type: 'Sample',
    version: 1,
    status: 'WAITING_FOR_REPLY',
    current_step: path.at(-1) ?? null,
    awaiting_command_id: '01900000-0000-7000-8000-000000000002',
    state: {},
    path,
    undo: null,
    ending: null,
    keep_effects: false,
    error_code: null,
    error_message: null,
    ...fields,
  };
}

/** Freezes it and all it holds: anyone who writes to it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
