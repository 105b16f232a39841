// Rows as the bus leaves them, one factory per table and one builder per state, for tests of what reads them.
// Promises rows that satisfy every constraint; a test says only what it is about.

import type { Pool } from '../../src/db/pool.ts';
import type { CommandStatus } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import type { BatchStatus, ProcessStatus } from '../../src/model/process.ts';

type Row = Record<string, unknown>;

/** Times count from here, so that orders do not hang on how fast a test runs. */
const EPOCH = new Date('2026-03-01T12:00:00.000Z');

export function at(seconds: number): Date {
  return new Date(EPOCH.getTime() + seconds * 1_000);
}

async function insert<R extends Row>(pool: Pool, table: string, row: R): Promise<R> {
  const columns = Object.keys(row);
  const values = Object.values(row).map((value) => (isDocument(value) ? JSON.stringify(value) : value));
  await pool.query(
    `insert into faultline.${table} (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
    values,
  );
  return row;
}

function isDocument(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

const ENDED_BATCH = { started_at: at(1), completed_at: at(60), counted_at: at(60) };
/** What a batch row holds in each state. */
const BATCH_STATES: Record<BatchStatus, Row> = {
  CREATING: { created_count: 0 },
  RUNNING: { created_count: 2, waiting_count: 2, started_at: at(1), counted_at: at(2) },
  AT_REST: { created_count: 2, completed_count: 1, in_troubleshooting_count: 1, started_at: at(1), rested_at: at(30) },
  CANCELING: { created_count: 2, waiting_count: 1, canceled_count: 1, started_at: at(1) },
  COMPLETED: { created_count: 2, completed_count: 2, ...ENDED_BATCH },
  COMPLETED_WITH_FAILURES: { created_count: 2, completed_count: 1, failed_count: 1, ...ENDED_BATCH },
  CANCELED: { created_count: 2, canceled_count: 2, ...ENDED_BATCH },
};

export function insertBatch(pool: Pool, status: BatchStatus, fields: Row = {}) {
  return insert(pool, 'batch', {
    batch_id: newId(),
    kind: 'process',
    process_type: 'StatementReport',
    process_version: 1,
    domain: 'reporting',
    status,
    total_count: 2,
    seed: 'factory',
    max_attempts: 3,
    backoff_ms: [10],
    lease_ms: 30_000,
    created_at: at(0),
    ...BATCH_STATES[status],
    ...fields,
  });
}

const ENDED = { completed_at: at(10), awaiting_command_id: null };
/** What a process row holds in each state. */
const PROCESS_STATES: Record<ProcessStatus, Row> = {
  WAITING_FOR_REPLY: {},
  WAITING_FOR_TSQ: { error_code: 'BROKEN', error_message: 'It broke.', parked_at: at(10) },
  COMPENSATING: { undo: 0, ending: 'COMPENSATED', error_code: 'REFUSED' },
  COMPLETED: ENDED,
  COMPENSATED: { ...ENDED, undo: 0, ending: 'COMPENSATED', error_code: 'REFUSED' },
  FAILED: { ...ENDED, error_code: 'REFUSED' },
  CANCELED: { ...ENDED, error_code: 'OPERATOR_CANCELED' },
};

export function insertProcess(pool: Pool, status: ProcessStatus, fields: Row = {}) {
  const command_id = newId();
  return insert(pool, 'process', {
    process_id: newId(),
    lane: 0,
    batch_id: null,
    ordinal: 0,
    process_type: 'StatementReport',
    version: 1,
    domain: 'reporting',
    status,
    current_step: 'query',
    awaiting_command_id: command_id,
    state: { output_type: 'csv' },
    path: ['query'],
    command_ids: [command_id],
    created_at: at(0),
    updated_at: at(10),
    ...PROCESS_STATES[status],
    ...fields,
  });
}

const SETTLED = { attempts: 1, settled_at: at(5) };
/** What a command row holds in each state. */
const COMMAND_STATES: Record<CommandStatus, Row> = {
  PENDING: {},
  IN_PROGRESS: { attempts: 1, claim_id: newId(), attempt_started_at: at(3), lease_expires_at: at(33) },
  COMPLETED: { ...SETTLED, result: { done: true } },
  FAILED: { ...SETTLED, error_code: 'REFUSED', error_message: 'No.' },
  CANCELED: { ...SETTLED, error_code: 'OPERATOR_CANCELED' },
  IN_TROUBLESHOOTING_QUEUE: {
    ...SETTLED,
    error_code: 'BROKEN',
    error_message: 'It broke.',
    error_group: 'BROKEN: It broke.',
    park_reason: 'PERMANENT',
    parked_at: at(5),
  },
};

export function insertCommand(pool: Pool, status: CommandStatus, fields: Row = {}) {
  return insert(pool, 'command', {
    command_id: newId(),
    lane: 0,
    domain: 'reporting',
    type: 'StatementQuery',
    purpose: 'step',
    status,
    attempts_limit: 3,
    max_attempts: 3,
    lease_ms: 30_000,
    backoff_ms: [10],
    available_at: at(0),
    step: 'query',
    created_at: at(0),
    ...COMMAND_STATES[status],
    ...fields,
  });
}

/** An ended attempt of a command. */
export function insertAttempt(pool: Pool, command: Row, fields: Row = {}) {
  return insert(pool, 'attempt', {
    command_id: command.command_id,
    lane: command.lane ?? 0,
    attempt: 1,
    claim_id: newId(),
    worker_id: null,
    started_at: at(3),
    ended_at: at(5),
    outcome: 'success',
    effect: 'COMPLETED',
    process_id: command.process_id ?? null,
    batch_id: command.batch_id ?? null,
    purpose: command.purpose ?? 'step',
    step: command.step ?? null,
    ...fields,
  });
}

export function insertEvent(pool: Pool, type: string, fields: Row = {}) {
  return insert(pool, 'event', { lane: 0, at: at(6), type, ...fields });
}

export function insertWorker(pool: Pool, status: 'RUNNING' | 'DRAINING' | 'STOPPED', fields: Row = {}) {
  return insert(pool, 'worker', {
    worker_id: newId(),
    name: 'w',
    pid: 1,
    domains: ['reporting'],
    slots: 100,
    status,
    ...fields,
  });
}
