// Inserting commands: a set of one lane in one round trip.
// A writing statement names one lane, and takes now() once, in its first CTE (Citus allows it nowhere else).

import type { CommandPurpose, Deadline } from '../../model/command.ts';
import { jsonArray, plainArray, uuidArray } from '../arrays.ts';
import { toJson } from '../json.ts';
import type { Tx } from '../pool.ts';

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

const COLUMNS = `command_id, lane, domain, type, purpose, priority, payload, max_attempts, attempts_limit,
  backoff_ms, lease_ms, available_at, process_id, batch_id, step, correlation_id, reply_to, annotated, created_at`;
const VALUES = `i.command_id, $1::smallint, i.domain, i.type, i.purpose, i.priority, i.payload, i.max_attempts, i.max_attempts,
  i.backoff_ms::int[], i.lease_ms, clock.at + i.delay_ms * interval '1 millisecond', i.process_id, i.batch_id, i.step,
  i.correlation_id, i.reply_to, i.annotated, clock.at`;
const ARRAYS = `$2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::jsonb[], $8::smallint[], $9::text[],
  $10::int[], $11::float8[], $12::uuid[], $13::uuid[], $14::text[], $15::uuid[], $16::text[], $17::boolean[]`;
const NAMES = `command_id, domain, type, purpose, priority, payload, max_attempts, backoff_ms, lease_ms, delay_ms, process_id,
  batch_id, step, correlation_id, reply_to, annotated`;

const plainText = `
with clock as materialized (select now() as at)
insert into faultline.command (${COLUMNS})
select ${VALUES}
from clock, unnest(${ARRAYS}) as i(${NAMES})`;
const fullText = `
with clock as materialized (select now() as at)
insert into faultline.command (${COLUMNS}, jitter_pct, deadline_ms, deadline_at, on_deadline)
select ${VALUES}, i.jitter_pct, i.deadline_ms, clock.at + i.deadline_ms * interval '1 millisecond', i.on_deadline
from clock, unnest(${ARRAYS}, $18::smallint[], $19::int[], $20::text[]) as i(${NAMES}, jitter_pct, deadline_ms, on_deadline)`;
const IF_ABSENT = `
on conflict (command_id, lane) do nothing
returning command_id`;

/** Most commands have neither deadline nor jitter; those who have either pay for it. */
const INSERT = {
  plain: { name: 'insert_commands', text: plainText },
  full: { name: 'insert_commands_full', text: fullText },
};
const INSERT_IF_ABSENT = {
  plain: { name: 'insert_commands_if_absent', text: plainText + IF_ABSENT },
  full: { name: 'insert_commands_full_if_absent', text: fullText + IF_ABSENT },
};

/** Inserts a set of commands of one lane; `annotated` are those a hook wrote a row for. A duplicate id is a unique violation (23505). */
export async function insertCommands(
  tx: Tx,
  lane: number,
  commands: readonly NewCommand[],
  annotated: ReadonlySet<string>,
): Promise<void> {
  await tx.query(insertion(INSERT, lane, commands, annotated));
}

/**
 * The same, but passes over ids that are there; waits for whoever is inserting one of them. Returns the ids it inserted.
 * Of two that share ids, neither waits for the other in a circle if both give them in order.
 */
export async function insertCommandsIfAbsent(
  tx: Tx,
  lane: number,
  commands: readonly NewCommand[],
  annotated: ReadonlySet<string>,
): Promise<Set<string>> {
  const { rows } = await tx.query<{ command_id: string }>(insertion(INSERT_IF_ABSENT, lane, commands, annotated));
  return new Set(rows.map((row) => row.command_id));
}

function insertion(
  statement: typeof INSERT,
  lane: number,
  commands: readonly NewCommand[],
  annotated: ReadonlySet<string>,
) {
  const column = <K extends keyof NewCommand>(key: K) => commands.map((command) => command[key]);
  const values: unknown[] = [
    lane,
    uuidArray(column('command_id')),
    column('domain'),
    column('type'),
    plainArray(column('purpose')),
    plainArray(column('priority')),
    jsonArray(commands.map((command) => toJson(command.payload ?? {}))),
    plainArray(commands.map(({ policy }) => policy.max_attempts)),
    jsonArray(commands.map(({ policy }) => `{${policy.backoff_ms.join(',')}}`)),
    plainArray(commands.map(({ policy }) => policy.lease_ms)),
    plainArray(column('delay_ms')),
    uuidArray(column('process_id')),
    uuidArray(column('batch_id')),
    column('step'),
    uuidArray(column('correlation_id')),
    column('reply_to'),
    plainArray(commands.map(({ command_id }) => annotated.has(command_id))),
  ];
  if (!commands.some(({ deadline, policy }) => deadline || policy.jitter_pct)) return { ...statement.plain, values };
  values.push(
    plainArray(commands.map(({ policy }) => policy.jitter_pct ?? 0)),
    plainArray(commands.map(({ deadline }) => deadline?.deadline_ms ?? null)),
    plainArray(commands.map(({ deadline }) => deadline?.on_deadline ?? null)),
  );
  return { ...statement.full, values };
}
