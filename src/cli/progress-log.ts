// The progress log of a worker: one line per second for each batch, and every step of a followed process.
// It keeps only a count per command, and reports whether a failure was injected.

import type { Settled } from '../bus/settle.ts';
import type { Pool } from '../db/pool.ts';
import { readBatch } from '../db/queries/batches.ts';
import type { OutcomeKind } from '../model/command.ts';
import type { Logger } from '../model/env.ts';

export interface ProgressLogOptions {
  logger: Logger;
  pool: Pool;
  /** The id of a process whose steps are logged, or `all`. A batch of one process is always followed. */
  follow_process?: string;
}

const LOG_EVERY_MS = 1_000;
/** First steps kept while the size of their batch is looked up. */
const MAX_HELD = 50;

interface Tally {
  steps: Map<string, number>;
  retried: number;
  parked: number;
  refused: number;
  injected: number;
}

export class ProgressLog {
  readonly #logger: Logger;
  readonly #pool: Pool;
  readonly #follow_process: string | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #tallies = new Map<string, Tally>();
  readonly #batch_sizes = new Map<string, number>();
  readonly #held = new Map<string, Settled[]>();

  constructor({ logger, pool, follow_process }: ProgressLogOptions) {
    this.#logger = logger;
    this.#pool = pool;
    this.#follow_process = follow_process;
    this.#timer = setInterval(() => this.#logTallies(), LOG_EVERY_MS);
  }

  add(settled: readonly Settled[]): void {
    for (const one of settled) {
      const { purpose, batch_id } = one.item.command;
      if (purpose === 'chunk' || purpose === 'job') continue;
      this.#follow(one);
      if (batch_id !== null) this.#count(batch_id, one);
    }
  }

  /** Logs what has been counted since the last line. */
  stop(): void {
    clearInterval(this.#timer);
    this.#logTallies();
  }

  #logTallies(): void {
    for (const [batch_id, tally] of this.#tallies) this.#logger.info({ batch_id }, tallyLine(batch_id, tally));
    this.#tallies.clear();
  }

  #count(batch_id: string, { item, settlement: { effect } }: Settled): void {
    const tally = this.#tallies.get(batch_id) ?? { steps: new Map(), retried: 0, parked: 0, refused: 0, injected: 0 };
    this.#tallies.set(batch_id, tally);
    const step = item.command.step ?? item.command.type;
    tally.steps.set(step, (tally.steps.get(step) ?? 0) + 1);
    if (item.outcome.fault) tally.injected++;
    if (effect === 'RETRY' || effect === 'RELEASED') tally.retried++;
    else if (effect === 'TSQ') tally.parked++;
    else if (effect === 'FAILED') tally.refused++;
  }

  /** Logs a step of the process asked for, of all processes, or of a batch of one. */
  #follow(settled: Settled): void {
    const { process_id, batch_id } = settled.item.command;
    if (process_id === null) return;
    const size = this.#batch_sizes.get(batch_id ?? '');
    if (this.#follow_process === 'all' || this.#follow_process === process_id || size === 1) this.#logStep(settled);
    else if (batch_id !== null && size === undefined) this.#hold(batch_id, settled);
  }

  #hold(batch_id: string, settled: Settled): void {
    const held = this.#held.get(batch_id);
    if (held === undefined) void this.#lookUp(batch_id, [settled]);
    else if (held.length < MAX_HELD) held.push(settled);
  }

  async #lookUp(batch_id: string, held: Settled[]): Promise<void> {
    this.#held.set(batch_id, held);
    const batch = await readBatch(this.#pool, batch_id).catch(() => null);
    this.#held.delete(batch_id);
    if (!batch) return;
    this.#batch_sizes.set(batch_id, batch.total_count);
    if (batch.total_count === 1) for (const settled of held) this.#logStep(settled);
  }

  #logStep(settled: Settled): void {
    this.#logger.info({}, stepLine(settled));
  }
}

/**
 * `batch 0197...: 420 attempts (query 200, render 220), 12 to be retried, 3 to troubleshooting, 15 faults injected`.
 */
function tallyLine(batch_id: string, tally: Tally): string {
  const total = [...tally.steps.values()].reduce((sum, n) => sum + n, 0);
  const steps = [...tally.steps].map(([step, n]) => `${step} ${n}`).join(', ');
  const notes: [number, string][] = [
    [tally.retried, 'to be retried'],
    [tally.parked, 'to troubleshooting'],
    [tally.refused, 'refused by a business rule'],
    [tally.injected, 'faults injected'],
  ];
  const shown = notes.filter(([n]) => n > 0).map(([n, what]) => `, ${n} ${what}`);
  return `batch ${batch_id}: ${total} attempts (${steps})${shown.join('')}`;
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
function stepLine({ item: { command, outcome }, settlement }: Settled): string {
  const step = command.purpose === 'compensation' ? `undoing ${command.step}` : (command.step ?? command.type);
  const error = outcome.error_code ? ` ${outcome.error_code}` : '';
  const injected = outcome.fault ? ` (injected: ${outcome.fault})` : '';
  return (
    `process ${command.process_id} ${step} attempt ${command.attempts} ` +
    `${OUTCOME_TEXTS[outcome.kind]}${error}${injected}${consequence(settlement)}`
  );
}

function consequence(settlement: Settled['settlement']): string {
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
