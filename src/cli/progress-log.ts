// What a worker tells people while it works: a line a second for each batch, and every step of a process that is followed.
// Promises to cost nothing per command but a count, and to say of every failure whether it was injected.

import type { Settled } from '../bus/settle.ts';
import type { Pool } from '../db/pool.ts';
import { readBatch } from '../db/queries/batches.ts';
import type { OutcomeKind } from '../model/command.ts';
import type { Logger } from '../model/env.ts';

export interface ProgressLogOptions {
  logger: Logger;
  pool: Pool;
  /** The id of a process whose steps are told, or `all`. A batch of one process is always followed. */
  follow_process?: string;
}

export interface ProgressLog {
  onSettled(settled: readonly Settled[]): void;
  /** Tells what is left to tell. */
  stop(): void;
}

const TELL_EVERY_MS = 1_000;
/** While a batch's size is being looked up its first steps wait, to be told if it turns out to be a batch of one. */
const MAX_HELD = 50;

interface Tally {
  steps: Map<string, number>;
  retried: number;
  parked: number;
  refused: number;
  injected: number;
}

export function createProgressLog({ logger, pool, follow_process }: ProgressLogOptions): ProgressLog {
  const tallies = new Map<string, Tally>();
  const followed = createFollowed(pool, follow_process, (settled) => logger.info(...stepLine(settled)));

  const tell = () => {
    for (const [batch_id, tally] of tallies) logger.info({ batch_id }, tallyLine(batch_id, tally));
    tallies.clear();
  };
  const timer = setInterval(tell, TELL_EVERY_MS);

  return {
    onSettled(settled) {
      for (const one of settled) {
        const { command } = one.item;
        if (command.purpose === 'chunk' || command.purpose === 'job') continue;
        followed.take(one);
        if (command.batch_id !== null) count(tallies, command.batch_id, one);
      }
    },
    stop() {
      clearInterval(timer);
      tell();
    },
  };
}

function count(tallies: Map<string, Tally>, batch_id: string, { item, settlement }: Settled): void {
  let tally = tallies.get(batch_id);
  if (!tally) {
    tally = { steps: new Map(), retried: 0, parked: 0, refused: 0, injected: 0 };
    tallies.set(batch_id, tally);
  }
  const step = item.command.step ?? item.command.type;
  tally.steps.set(step, (tally.steps.get(step) ?? 0) + 1);
  if (item.outcome.fault) tally.injected++;
  if (settlement.effect === 'RETRY' || settlement.effect === 'RELEASED') tally.retried++;
  else if (settlement.effect === 'TSQ') tally.parked++;
  else if (settlement.effect === 'FAILED') tally.refused++;
}

/** `batch 0197...: 420 attempts (query 200, render 220), 12 to be retried, 3 to troubleshooting, 15 faults injected`. */
function tallyLine(batch_id: string, tally: Tally): string {
  const total = [...tally.steps.values()].reduce((sum, n) => sum + n, 0);
  const steps = [...tally.steps].map(([step, n]) => `${step} ${n}`).join(', ');
  const rest: [number, string][] = [
    [tally.retried, 'to be retried'],
    [tally.parked, 'to troubleshooting'],
    [tally.refused, 'refused by a business rule'],
    [tally.injected, 'faults injected'],
  ];
  const told = rest.filter(([n]) => n > 0).map(([n, what]) => `, ${n} ${what}`);
  return `batch ${batch_id}: ${total} attempts (${steps})${told.join('')}`;
}

/** Decides which processes are followed: the one asked for, all, or that of a batch of one. */
function createFollowed(pool: Pool, follow_process: string | undefined, tell: (settled: Settled) => void) {
  const sizes = new Map<string, number>();
  const held = new Map<string, Settled[]>();

  const lookUp = async (batch_id: string) => {
    const batch = await readBatch(pool, batch_id).catch(() => null);
    const waiting = held.get(batch_id) ?? [];
    held.delete(batch_id);
    if (!batch) return;
    sizes.set(batch_id, batch.total_count);
    if (batch.total_count === 1) for (const settled of waiting) tell(settled);
  };

  return {
    take(settled: Settled) {
      const { process_id, batch_id } = settled.item.command;
      if (process_id === null) return;
      if (follow_process === 'all' || follow_process === process_id) return tell(settled);
      if (batch_id === null) return;
      const size = sizes.get(batch_id);
      if (size === 1) return tell(settled);
      if (size !== undefined) return;
      const waiting = held.get(batch_id);
      if (waiting) {
        if (waiting.length < MAX_HELD) waiting.push(settled);
        return;
      }
      held.set(batch_id, [settled]);
      void lookUp(batch_id);
    },
  };
}

const OUTCOME_TEXTS: Record<OutcomeKind, string> = {
  success: 'succeeded',
  transient: 'TransientCommandError',
  permanent: 'PermanentCommandError',
  business_rule: 'BusinessRuleError',
  lease_expired: 'lost its lease',
  released: 'was released',
};

/** `process 0197... query attempt 1 TransientCommandError CHAOS_TRANSIENT (injected: transient) -> retry in 50 ms`. */
function stepLine({ item, settlement }: Settled): [fields: object, message: string] {
  const { command, outcome } = item;
  const step = command.purpose === 'compensation' ? `undoing ${command.step}` : (command.step ?? command.type);
  const error = outcome.error_code ? ` ${outcome.error_code}` : '';
  const injected = outcome.fault ? ` (injected: ${outcome.fault})` : '';
  const message =
    `process ${command.process_id} ${step} attempt ${command.attempts} ` +
    `${OUTCOME_TEXTS[outcome.kind]}${error}${injected}${consequence({ item, settlement })}`;
  return [{}, message];
}

function consequence({ settlement }: Settled): string {
  switch (settlement.effect) {
    case 'COMPLETED':
      return '';
    case 'RETRY':
      return ` -> retry in ${settlement.delay_ms} ms`;
    case 'RELEASED':
      return ' -> again at once';
    case 'TSQ':
      return ` -> troubleshooting queue (${settlement.reason})`;
    case 'FAILED':
      return ' -> failed';
    case 'CANCELED':
      return ' -> cancelled';
  }
}
