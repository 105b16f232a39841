// What a worker tells people: a line per batch and second, and every step of a process that is followed.

import { expect, test } from 'vitest';
import type { Settled } from '../../src/bus/settle.ts';
import { ProgressLog } from '../../src/cli/progress-log.ts';
import { type ClaimedCommand, decideSettlement, type Outcome } from '../../src/model/command.ts';
import { silentLogger } from '../../src/model/env.ts';
import { newId } from '../../src/model/ids.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertBatch } from '../support/factories.ts';
import { until } from '../support/until.ts';

const { pool } = await createTestDatabase();

function progressLog(follow_process?: string) {
  const lines: string[] = [];
  const logger = { ...silentLogger, info: (_: object, message: string) => void lines.push(message) };
  const log = new ProgressLog({ logger, pool, follow_process });
  return { lines, add: (settled: readonly Settled[]) => log.add(settled), stop: () => log.stop() };
}

function settled(fields: Partial<ClaimedCommand>, outcome: Outcome): Settled {
  const command: ClaimedCommand = {
    command_id: newId(),
    lane: 0,
    domain: 'reporting',
    type: 'StatementQuery',
    purpose: 'step',
    payload: {},
    attempts: 1,
    attempts_limit: 2,
    max_attempts: 2,
    backoff_ms: [50],
    jitter_pct: 0,
    lease_ms: 30_000,
    claim_id: newId(),
    process_id: newId(),
    batch_id: null,
    step: 'query',
    correlation_id: null,
    reply_to: null,
    annotated: false,
    ...fields,
  };
  return { item: { command, outcome, abandoned: false }, settlement: decideSettlement(command, outcome) };
}

const SUCCESS: Outcome = { kind: 'success' };
const INJECTED: Outcome = { kind: 'transient', error_code: 'CHAOS_TRANSIENT', fault: 'transient' };

test('a batch is one line, with what became of its attempts and what was injected', async () => {
  const { lines, add, stop } = progressLog();
  const { batch_id } = await insertBatch(pool, 'RUNNING', { total_count: 2 });
  add([
    settled({ batch_id }, SUCCESS),
    settled({ batch_id }, INJECTED),
    settled({ batch_id, step: 'render' }, { kind: 'permanent', error_code: 'NO_FONT' }),
    settled({ batch_id, step: 'render' }, { kind: 'business_rule', error_code: 'CLOSED' }),
    settled({ batch_id, purpose: 'chunk', step: null }, SUCCESS),
  ]);
  stop();
  expect(lines).toEqual([
    `batch ${batch_id}: 4 attempts (query 2, render 2), 1 to be retried, 1 to troubleshooting, ` +
      '1 refused by a business rule, 1 faults injected',
  ]);
});

test('the process of a batch of one is followed, from its first step on', async () => {
  const { lines, add, stop } = progressLog();
  const { batch_id } = await insertBatch(pool, 'RUNNING', { total_count: 1, created_count: 1, waiting_count: 1 });
  const process_id = newId();
  add([settled({ batch_id, process_id }, INJECTED)]);
  add([settled({ batch_id, process_id, attempts: 2 }, INJECTED)]);
  await until('both steps are told', () => lines.length >= 2);
  add([settled({ batch_id, process_id, step: 'render' }, SUCCESS)]);
  stop();
  expect(lines.filter((line) => line.startsWith('process'))).toEqual([
    `process ${process_id} query attempt 1 TransientCommandError CHAOS_TRANSIENT (injected: transient) -> retry in 50 ms`,
    `process ${process_id} query attempt 2 TransientCommandError CHAOS_TRANSIENT (injected: transient) -> troubleshooting queue (EXHAUSTED)`,
    `process ${process_id} render attempt 1 succeeded`,
  ]);
});

test('a process asked for is followed wherever it is, and no other', async () => {
  const process_id = newId();
  const { lines, add, stop } = progressLog(process_id);
  add([
    settled({ process_id, purpose: 'compensation' }, SUCCESS),
    settled({}, SUCCESS),
    settled({ process_id }, { kind: 'business_rule', error_code: 'CLOSED' }),
  ]);
  stop();
  expect(lines).toEqual([
    `process ${process_id} undoing query attempt 1 succeeded`,
    `process ${process_id} query attempt 1 BusinessRuleError CLOSED -> failed`,
  ]);
});
