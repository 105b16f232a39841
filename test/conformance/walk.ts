// A real bus driven one operation at a time, beside a model of its commands that is told the same operations and the rules in words.
// After each operation the rows are what the model says, and every change of status is one the tables give to what was done.

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { INTERNAL_DOMAIN } from '../../src/bus/bus.ts';
import { expireDeadlines } from '../../src/bus/deadlines.ts';
import { reapExpired } from '../../src/bus/reap.ts';
import { settleSet } from '../../src/bus/settle.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { claimReadyCommands } from '../../src/db/queries/claims.ts';
import {
  type ClaimedCommand,
  COMMAND_TRANSITIONS,
  type CommandPurpose,
  type CommandStatus,
  type DeadlineAction,
  type Outcome,
  type Transition,
} from '../../src/model/command.ts';
import { silentLogger } from '../../src/model/env.ts';
import { newId } from '../../src/model/ids.ts';
import { PROCESS_TRANSITIONS } from '../../src/model/process.ts';
import { MAX_LEASE_LOSSES } from '../../src/model/retry.ts';
import { cancelBatch } from '../../src/process/cancel.ts';
import { DOMAIN, type Lab } from '../process/lab.ts';
import { emptyTables } from '../support/database.ts';

export const MAX_ATTEMPTS = 2;
export const BACKOFF_MS = [7, 11];

export const OUTCOMES = {
  success: { kind: 'success', result: { done: true } },
  transient: { kind: 'transient', error_code: 'BUSY', error_message: 'Later.' },
  permanent: { kind: 'permanent', error_code: 'BROKEN', error_message: 'It broke.' },
  business_rule: { kind: 'business_rule', error_code: 'REFUSED', error_message: 'No.' },
  released: { kind: 'released' },
} as const satisfies Record<string, Outcome>;

export type Verb = 'retry' | 'cancel' | 'complete' | 'cut';

/** What is done to some command; `which` says which of those it can be done to, in the order in which they were sent. */
export type Operation =
  | { what: 'claim' | 'stale' | 'cancel_batch'; which: number }
  | { what: 'settle'; which: number; outcome: keyof typeof OUTCOMES }
  | { what: 'lose'; which: number; times: number }
  | { what: 'verb'; which: number; verb: Verb }
  | { what: 'deadline'; which: number; action: DeadlineAction };

/** Who may change a status while this is done. */
const MADE_BY: Record<string, Transition['by'][]> = {
  launch: ['send', 'claim', 'settle'],
  claim: ['claim'],
  settle: ['settle', 'send'],
  lose: ['claim', 'reap'],
  retry: ['operator_retry', 'send'],
  cancel: ['operator_cancel', 'send'],
  complete: ['operator_complete', 'send'],
  cut: ['cancel', 'operator_cancel', 'send'],
  deadline: ['deadline', 'send'],
  stale: ['send'],
  cancel_batch: ['send', 'claim', 'settle', 'cancel_pending'],
};

/** What the rules say of one command. */
interface Modelled {
  status: CommandStatus;
  attempts: number;
  /** Failures, and lost leases, since it was sent or an operator retried. */
  failures: number;
  losses: number;
  process_id: string;
  purpose: CommandPurpose;
  step: string;
}

const OPEN: CommandStatus[] = ['PENDING', 'IN_PROGRESS', 'IN_TROUBLESHOOTING_QUEUE'];
const OPERATOR = { actor: 'ann', reason: 'because' };

const pick = ({ process_id, purpose, step }: Modelled) => ({ process_id, purpose, step });

export const arrow = (was: string | null, became: string, by = '') => `${was} -> ${became} ${by}`.trim();

export class Walk {
  readonly #lab: Lab;
  readonly #batch_id: string;
  /** Transitions that occurred, as `command PENDING -> IN_PROGRESS claim` or `process ...`. */
  readonly #seen: Set<string>;
  readonly #model = new Map<string, Modelled>();
  readonly #claims = new Map<string, ClaimedCommand>();
  readonly #stale: ClaimedCommand[] = [];
  /** By command, what was done to it, in order, as the audit names it. */
  readonly #told = new Map<string, string[]>();
  /** Claims that were lost or terminated, and of whose late result no one heard yet. */
  readonly #lost = new Set<string>();
  #canceled = false;
  /** Whether the code of the definitions throws, for now. */
  throws = false;

  private constructor(lab: Lab, batch_id: string, seen: Set<string>) {
    this.#lab = lab;
    this.#batch_id = batch_id;
    this.#seen = seen;
  }

  /** Begins again, on empty tables, with what `launch` launches; `launch` answers the batch that may be cancelled. */
  static async begin(lab: Lab, seen: Set<string>, launch: () => Promise<string>): Promise<Walk> {
    await emptyTables(
      lab.pool,
      'faultline.command',
      'faultline.process',
      'faultline.attempt',
      'faultline.event',
      'faultline.batch',
      'transition',
    );
    const walk = new Walk(lab, await launch(), seen);
    await walk.#runInternal();
    await walk.#compare('launch');
    return walk;
  }

  get over(): boolean {
    return [...this.#model.values()].every(({ status }) => !OPEN.includes(status));
  }

  count(status: CommandStatus): number {
    return [...this.#model.values()].filter((one) => one.status === status).length;
  }

  /** The audit of every command is what was written down here, event by event. */
  async compareAudit(): Promise<void> {
    const { rows } = await this.#lab.pool.query<{ command_id: string; told: string[] }>(
      `select e.command_id, array_agg(e.type || case when e.rank between 10 and 50 then ' ' || e.attempt else '' end
         order by e.at, e.attempt, e.rank, e.event_id) as told
       from faultline.audit e join faultline.command c on c.command_id = e.command_id
       where c.domain = $1 and e.type not in ('ADVANCE_FAILED', 'REPLY_IGNORED') group by 1`,
      [DOMAIN],
    );
    expect(rows).toHaveLength(this.#model.size);
    for (const { command_id, told } of rows) expect(told).toEqual(['SENT', ...(this.#told.get(command_id) ?? [])]);
  }

  #tell(id: string, ...events: string[]): void {
    const told = this.#told.get(id) ?? [];
    this.#told.set(id, told);
    told.push(...events);
  }

  /** What an attempt came to, and where that leaves its command. */
  #tellAttempt(id: string, { attempts, status }: Modelled, ...came_to: string[]): void {
    const parked = status === 'IN_TROUBLESHOOTING_QUEUE' ? ['MOVED_TO_TSQ'] : [];
    const again = status === 'PENDING' && !came_to.includes('RELEASED') ? ['RETRY_SCHEDULED'] : [];
    this.#tell(id, ...[...came_to, ...parked, ...again].map((type) => `${type} ${attempts}`));
  }

  async take(op: Operation): Promise<void> {
    switch (op.what) {
      case 'claim':
        return this.#claim(1 + (op.which % 3));
      case 'cancel_batch':
        return this.#canceled ? undefined : this.#cancelBatch();
      case 'stale':
        return this.#settleStale(op.which);
      case 'settle':
        return this.#with('IN_PROGRESS', op.which, (id, one) => this.#settle(id, one, op.outcome));
      case 'lose':
        return this.#with('IN_PROGRESS', op.which, (id, one) => this.#lose(id, one, op.times));
      case 'deadline':
        return this.#with(op.which % 2 === 0 ? 'PENDING' : 'IN_PROGRESS', op.which, (id, one) =>
          this.#passDeadline(id, one, op.action),
        );
      case 'verb': {
        const from = op.verb === 'cut' ? (OPEN[op.which % 3] as CommandStatus) : 'IN_TROUBLESHOOTING_QUEUE';
        return this.#with(from, op.which, (id, one) => this.#operate(id, one, op.verb));
      }
    }
  }

  async #with(status: CommandStatus, n: number, work: (id: string, one: Modelled) => Promise<void>): Promise<void> {
    const ids = [...this.#model].flatMap(([id, one]) => (one.status === status ? [id] : [])).sort();
    const id = ids[n % ids.length];
    if (id !== undefined) await work(id, this.#model.get(id) as Modelled);
  }

  async #claim(limit: number, of = DOMAIN): Promise<void> {
    const { bus, pool } = this.#lab;
    // One after the other, as they were sent: at the same moment they would be taken in any order, and no walk could be repeated.
    await pool.query(
      `update faultline.command c set available_at = now() - interval '1 millisecond' * sent.ago
       from (select command_id, row_number() over (order by command_id desc) as ago from faultline.command) as sent
       where c.command_id = sent.command_id and c.status = 'PENDING'`,
    );
    const ids = { claim_id: newId(), worker_id: newId() };
    for (const command of await claimReadyCommands(bus.pool, { domain: of, lane: 0, limit, ...ids })) {
      this.#claims.set(command.command_id, command);
      const one = this.#model.get(command.command_id) as Modelled;
      one.status = 'IN_PROGRESS';
      one.attempts++;
      this.#tell(command.command_id, `RECEIVED ${one.attempts}`);
    }
    await this.#compare('claim');
  }

  async #settle(id: string, one: Modelled, kind: keyof typeof OUTCOMES): Promise<void> {
    const command = this.#claims.get(id) as ClaimedCommand;
    expect(await settleSet(this.#lab.bus, [{ command, outcome: OUTCOMES[kind], abandoned: false }])).toHaveLength(1);
    this.#stale.push(command);
    if (kind === 'success') one.status = 'COMPLETED';
    else if (kind === 'released') one.status = 'PENDING';
    else if (kind === 'business_rule' && one.purpose === 'step') one.status = 'FAILED';
    else if (kind !== 'transient' || ++one.failures >= MAX_ATTEMPTS) one.status = 'IN_TROUBLESHOOTING_QUEUE';
    else {
      one.status = 'PENDING';
      const { rows } = await this.#lab.pool.query(
        `select extract(epoch from retry_at - ended_at)::float8 * 1000 as delay_ms from faultline.attempt
         where command_id = $1 order by attempt desc limit 1`,
        [id],
      );
      expect(rows).toEqual([{ delay_ms: BACKOFF_MS[one.failures - 1] }]);
    }
    const events = { success: ['COMPLETED'], transient: ['FAILED'], permanent: [], released: ['RELEASED'] };
    this.#tellAttempt(id, one, ...(kind === 'business_rule' ? ['BUSINESS_RULE_FAILED'] : events[kind]));
    await this.#compare('settle');
  }

  async #lose(id: string, one: Modelled, times: number): Promise<void> {
    const { bus, pool } = this.#lab;
    for (let n = 0; n < times && one.status !== 'IN_TROUBLESHOOTING_QUEUE'; n++) {
      if (one.status === 'PENDING') {
        await pool.query(
          `update faultline.command set available_at = now() + case when command_id = $1 then '0' else '1 hour' end::interval
           where status = 'PENDING'`,
          [id],
        );
        const ids = { claim_id: newId(), worker_id: newId() };
        await claimReadyCommands(bus.pool, { domain: DOMAIN, lane: 0, limit: 1, ...ids });
        one.attempts++;
        this.#tell(id, `RECEIVED ${one.attempts}`);
      }
      await pool.query('update faultline.command set lease_expires_at = now() where command_id = $1', [id]);
      expect(await reapExpired(bus, 0)).toBe(1);
      one.losses++;
      one.status = one.losses > MAX_LEASE_LOSSES ? 'IN_TROUBLESHOOTING_QUEUE' : 'PENDING';
      this.#tellAttempt(id, one, 'LEASE_EXPIRED');
    }
    this.#overtake(id);
    await this.#compare('lose');
  }

  /** What this claim still comes to comes too late. */
  #overtake(id: string): void {
    const command = this.#claims.get(id) as ClaimedCommand;
    this.#stale.push(command);
    this.#lost.add(`${id} ${command.claim_id}`);
  }

  async #operate(id: string, one: Modelled, verb: Verb): Promise<void> {
    const { bus } = this.#lab;
    if (one.status === 'IN_PROGRESS') this.#overtake(id);
    if (verb === 'retry') {
      await retryCommand(bus, id, OPERATOR);
      Object.assign(one, { status: 'PENDING', failures: 0, losses: 0 });
    } else if (verb === 'complete') {
      await completeCommand(bus, id, OPERATOR, {});
      one.status = 'COMPLETED';
    } else {
      await cancelCommand(bus, id, OPERATOR);
      one.status = 'CANCELED';
    }
    this.#tell(id, `OPERATOR_${verb === 'cut' ? 'CANCEL' : verb.toUpperCase()}`);
    await this.#compare(verb);
  }

  async #passDeadline(id: string, one: Modelled, action: DeadlineAction): Promise<void> {
    const { bus, pool } = this.#lab;
    const set =
      'update faultline.command set deadline_ms = $2::int, deadline_at = case when $2 is not null then now() end';
    await pool.query(`${set}, on_deadline = $3 where command_id = $1`, [id, 1, action]);
    expect(await expireDeadlines(bus, 0)).toBe(1);
    await pool.query(`${set} where command_id = $1`, [id, null]);
    const was = one.status;
    one.status = action === 'tsq' ? 'IN_TROUBLESHOOTING_QUEUE' : 'FAILED';
    if (was === 'IN_PROGRESS') {
      this.#overtake(id);
      this.#tellAttempt(id, one);
    }
    this.#tell(id, 'DEADLINE_EXCEEDED');
    await this.#compare('deadline');
  }

  /**
   * A result of an attempt that is over changes nothing, whatever became of the command since. But what it did may have been done
   * after its step was undone, or while it is: then the step is undone once more.
   */
  async #settleStale(n: number): Promise<void> {
    const command = this.#stale[n % Math.max(1, this.#stale.length)];
    if (command === undefined) return;
    expect(await settleSet(this.#lab.bus, [{ command, outcome: OUTCOMES.success, abandoned: false }])).toEqual([]);
    // Of an attempt that was settled, or told before, nothing is told.
    const late = this.#lost.delete(`${command.command_id} ${command.claim_id}`);
    if (late) this.#tell(command.command_id, `LATE_RESULT_DISCARDED ${command.attempts}`);
    const { process_id, purpose, step } = this.#model.get(command.command_id) as Modelled;
    const undo = { process_id, purpose: 'compensation', step };
    const undone = [...this.#model.values()].some((one) => isDeepStrictEqual(pick(one), undo));
    const again = late && purpose === 'step' && undone && !this.throws;
    if (again) this.#tell(command.command_id, 'LATE_EFFECT_UNDONE');
    expect((await this.#compare('stale')).map(pick)).toEqual(again ? [undo] : []);
  }

  async #cancelBatch(): Promise<void> {
    this.#canceled = true;
    await cancelBatch(this.#lab.bus, this.#batch_id, OPERATOR);
    await this.#runInternal();
    for (const [id, one] of this.#model) {
      const first = one.purpose === 'step' && one.step === 'book';
      if (!first || one.status !== 'PENDING' || one.attempts > 0) continue;
      one.status = 'CANCELED';
      this.#tell(id, 'COMMAND_CANCELED');
    }
    await this.#compare('cancel_batch');
  }

  /** Internal commands, without a worker, which would reap and count beside us. */
  async #runInternal(): Promise<void> {
    const { bus, service } = this.#lab;
    const ids = { claim_id: newId(), worker_id: newId() };
    for (const command of await claimReadyCommands(bus.pool, { domain: INTERNAL_DOMAIN, lane: 0, limit: 9, ...ids })) {
      const context = { command, signal: new AbortController().signal, logger: silentLogger };
      const result = await service.registry.find(INTERNAL_DOMAIN, command.type)?.(command.payload, context as never);
      await settleSet(bus, [{ command, outcome: { kind: 'success', result }, abandoned: false }]);
    }
  }

  /** Every command is as the model says; what is new to it was sent, and is answered. */
  async #compare(doing: string): Promise<Modelled[]> {
    await this.#lookUpTransitions(doing);
    const { rows } = await this.#lab.pool.query(
      `select command_id, status, attempts, interruptions as losses, process_id, purpose, step from faultline.command
       where domain = $1 order by command_id`,
      [DOMAIN],
    );
    const sent: Modelled[] = [];
    for (const { command_id, process_id, purpose, step, ...row } of rows) {
      let one = this.#model.get(command_id);
      if (one === undefined) {
        one = { status: 'PENDING', attempts: 0, failures: 0, losses: 0, process_id, purpose, step };
        this.#model.set(command_id, one);
        sent.push(one);
      }
      const { status, attempts, losses } = one;
      expect({ doing, command_id, ...row }).toEqual({ doing, command_id, status, attempts, losses });
    }
    return sent;
  }

  async #lookUpTransitions(doing: string): Promise<void> {
    const { rows } = await this.#lab.pool.query<{ kind: string; was: string | null; became: string }>(
      'delete from transition returning kind, was, became',
    );
    for (const { kind, was, became } of rows) {
      const same = ({ from, to }: { from: string | null; to: string }) => from === was && to === became;
      const made: string[] =
        kind === 'process'
          ? PROCESS_TRANSITIONS.filter(same).map(({ from, to }) => arrow(from, to))
          : COMMAND_TRANSITIONS.filter((one) => same(one) && MADE_BY[doing]?.includes(one.by)).map(({ from, to, by }) =>
              arrow(from, to, by),
            );
      expect(made, `${doing} made ${kind} ${arrow(was, became)}`).not.toEqual([]);
      for (const one of made) this.#seen.add(`${kind} ${one}`);
    }
  }
}
