// Inserting commands: a set of one lane in one round trip.
// A writing statement names one lane, and takes now() once, in its first CTE (Citus allows it nowhere else).

import type { CommandPurpose, Deadline } from '../../model/command.ts';
import { jsonArray, plainArray, uuidArray } from '../arrays.ts';
import { toJson } from '../json.ts';
import type { Tx } from '../pool.ts';
import { idSet } from '../rows.ts';

export interface NewCommand {
  command_id: string;
  domain: string;
  type: string;
  purpose: CommandPurpose;
  priority: number;
  payload: unknown;
  policy: { max_attempts: number; backoff_ms: readonly number[]; lease_ms: number; jitter_pct?: number };
  delay_ms: number;
  deadline?: Deadline | null;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  correlation_id: string | null;
  reply_to: string | null;
}

const INSERT = `
with clock as materialized (select now() as at)
insert into faultline.command (command_id, lane, domain, type, purpose, priority, payload, max_attempts, attempts_limit, backoff_ms,
  jitter_pct, lease_ms, available_at, deadline_ms, deadline_at, on_deadline, process_id, batch_id, step, correlation_id, reply_to,
  annotated, created_at)
select i.command_id, $1::smallint, i.domain, i.type, i.purpose, i.priority, i.payload, i.max_attempts, i.max_attempts,
  i.backoff_ms::int[], i.jitter_pct, i.lease_ms, clock.at + i.delay_ms * interval '1 millisecond', i.deadline_ms,
  clock.at + i.deadline_ms * interval '1 millisecond', i.on_deadline, i.process_id, i.batch_id, i.step, i.correlation_id, i.reply_to,
  i.annotated, clock.at
from clock, unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::jsonb[], $8::smallint[], $9::text[],
    $10::smallint[], $11::int[], $12::float8[], $13::int[], $14::text[], $15::uuid[], $16::uuid[], $17::text[], $18::uuid[],
    $19::text[], $20::boolean[])
  as i(command_id, domain, type, purpose, priority, payload, max_attempts, backoff_ms, jitter_pct, lease_ms, delay_ms, deadline_ms,
    on_deadline, process_id, batch_id, step, correlation_id, reply_to, annotated)`;

/**
 * Inserts commands of one lane. `annotated`: those with a row from a hook. A duplicate id is a unique violation
 * (23505).
 */
export async function insertCommands(
  tx: Tx,
  lane: number,
  commands: readonly NewCommand[],
  annotated: ReadonlySet<string>,
): Promise<void> {
  await tx.query({ name: 'insert_commands', text: INSERT, values: insertValues(lane, commands, annotated) });
}

/**
 * Inserts the commands whose ids are new and returns these ids. Waits for concurrent inserts of the same ids; callers
 * that share ids cannot deadlock if they insert in order of id.
 */
export function insertCommandsIfAbsent(
  tx: Tx,
  lane: number,
  commands: readonly NewCommand[],
  annotated: ReadonlySet<string>,
) {
  return idSet(tx, {
    name: 'insert_commands_if_absent',
    text: `${INSERT} on conflict (command_id, lane) do nothing returning command_id`,
    values: insertValues(lane, commands, annotated),
  });
}

function insertValues(lane: number, commands: readonly NewCommand[], annotated: ReadonlySet<string>): unknown[] {
  const column = <K extends keyof NewCommand>(key: K) => commands.map((command) => command[key]);
  const policies = column('policy');
  const deadlines = column('deadline');
  return [
    lane,
    uuidArray(column('command_id')),
    column('domain'),
    column('type'),
    plainArray(column('purpose')),
    plainArray(column('priority')),
    jsonArray(commands.map(({ payload }) => toJson(payload ?? {}))),
    plainArray(policies.map((policy) => policy.max_attempts)),
    jsonArray(policies.map((policy) => `{${policy.backoff_ms.join(',')}}`)),
    plainArray(policies.map((policy) => policy.jitter_pct ?? 0)),
    plainArray(policies.map((policy) => policy.lease_ms)),
    plainArray(column('delay_ms')),
    plainArray(deadlines.map((deadline) => deadline?.deadline_ms ?? null)),
    plainArray(deadlines.map((deadline) => deadline?.on_deadline ?? null)),
    uuidArray(column('process_id')),
    uuidArray(column('batch_id')),
    column('step'),
    uuidArray(column('correlation_id')),
    column('reply_to'),
    plainArray(commands.map(({ command_id }) => annotated.has(command_id))),
  ];
}
