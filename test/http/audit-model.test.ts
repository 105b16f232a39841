// The audit of a real run against a model that writes every event down as the bus makes it happen.
// The views derive; the model records. Where they differ, one of them is wrong.

import { expect, test } from 'vitest';
import type { SettleLine } from '../../src/db/queries/settles.ts';
import type { ClaimedCommand } from '../../src/model/command.ts';
import type { ProbePoint } from '../../src/model/env.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

/** By command: what happened to it, in the order in which it was written. */
const model = new Map<string, string[]>();
/** By process: how it is sent from command to command, and how it ends. */
const sent = new Map<string, string[]>();

function note(command_id: string, event: string): void {
  const events = model.get(command_id) ?? [];
  model.set(command_id, events);
  // A transaction that is tried again passes its points again.
  if (!events.includes(event)) events.push(event);
}

const OUTCOME_EVENTS: Record<string, string[]> = {
  success: ['COMPLETED'],
  transient: ['FAILED'],
  permanent: [],
  business_rule: ['BUSINESS_RULE_FAILED'],
  lease_expired: ['LEASE_EXPIRED'],
  released: ['RELEASED'],
};
const EFFECT_EVENTS: Record<string, string[]> = { RETRY: ['RETRY_SCHEDULED'], TSQ: ['MOVED_TO_TSQ'] };

function noteSettled({ command, outcome, settlement }: SettleLine): void {
  const n = command.attempts;
  note(command.command_id, `RECEIVED ${n}`);
  // What an injected timeout wrote before it hung is on the row, not on the outcome that reap makes.
  if (outcome.fault) note(command.command_id, `CHAOS_INJECTED ${n}`);
  const events = [...(OUTCOME_EVENTS[outcome.kind] ?? []), ...(EFFECT_EVENTS[settlement.effect] ?? [])];
  for (const event of events) note(command.command_id, `${event} ${n}`);
}

function probe(point: ProbePoint, context: object = {}): void {
  if (point === 'after_claim') {
    for (const { command_id, process_id } of (context as { commands: ClaimedCommand[] }).commands) {
      if (process_id === null) continue;
      const commands = sent.get(process_id) ?? [];
      sent.set(process_id, commands);
      if (!commands.includes(command_id)) commands.push(command_id);
    }
  }
  if (point === 'in_settle') for (const line of (context as { lines: SettleLine[] }).lines) noteSettled(line);
}

test('every command of a chaotic batch, with operators at work', async () => {
  const lab = await openLab({ probe });
  await lab.work();
  const faults = { fail_transient_pct: 20, fail_permanent_pct: 8, fail_business_rule_pct: 8, timeout_pct: 8 };
  const batch_id = await lab.launch({
    count: 60,
    seed: 'audit-model',
    behavior: { query: faults, aggregation: faults, render: faults },
    retry: { max_attempts: 2, backoff_ms: [0] },
    lease_ms: 500,
  });
  await lab.atRest(batch_id);
  const { items: parked } = (await lab.get(`/tsq?batch_id=${batch_id}&limit=100`)).json();
  expect(parked.length).toBeGreaterThan(6);
  for (const [index, { command_id }] of parked.entries()) {
    const verb = ['retry', 'cancel', 'complete'][index % 3] as string;
    const answer = await lab.post(`/commands/${command_id}/${verb}`, { reason: 'model' });
    expect(answer.statusCode, answer.body).toBe(200);
    note(command_id, `OPERATOR_${verb.toUpperCase()}`);
  }
  await until('nothing is under way', async () => {
    const { rows } = await lab.database.pool.query(
      `select count(*) from faultline.command where status in ('PENDING', 'IN_PROGRESS')`,
    );
    return rows[0].count === 0;
  });

  // A late result is discarded when it arrives; the event is its only trace.
  const unheard = new Set(['LATE_RESULT_DISCARDED', 'REPLY_IGNORED']);
  const kinds = new Set<string>();
  for (const [process_id, commands] of sent) {
    const { items } = (await lab.get(`/audit?process_id=${process_id}&limit=100`)).json();
    expect(items[0]).toMatchObject({ type: 'PROCESS_STARTED' });
    for (const command_id of commands) {
      const told = items
        .filter(
          (event: { command_id: string; type: string }) => event.command_id === command_id && !unheard.has(event.type),
        )
        .map((event: { type: string; attempt: number | null }) => {
          kinds.add(event.type);
          return event.type === 'SENT' || event.type.startsWith('OPERATOR_')
            ? event.type
            : `${event.type} ${event.attempt}`;
        });
      expect(told, `${process_id} ${command_id}`).toEqual(['SENT', ...(model.get(command_id) ?? [])]);
      const alone = (await lab.get(`/audit?command_id=${command_id}&limit=100`)).json().items;
      expect(alone).toEqual(items.filter((event: { command_id: string }) => event.command_id === command_id));
    }
    const order = items
      .filter((event: { type: string }) => event.type === 'SENT')
      .map((event: { command_id: string }) => event.command_id);
    expect(order).toEqual(commands);
    const { status, completed_at } = (await lab.get(`/processes/${process_id}`)).json();
    const heard = items.filter((event: { type: string }) => !unheard.has(event.type));
    if (completed_at) expect(heard.at(-1)).toMatchObject({ type: 'PROCESS_ENDED', details: { status } });
  }
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'CHAOS_INJECTED',
      'FAILED',
      'RETRY_SCHEDULED',
      'MOVED_TO_TSQ',
      'BUSINESS_RULE_FAILED',
      'LEASE_EXPIRED',
      'OPERATOR_RETRY',
      'OPERATOR_CANCEL',
      'OPERATOR_COMPLETE',
    ]),
  );
});
