// The claiming loop of one domain: claims ready commands, no more than there are free slots, and starts each at once.
// Sleeps until a wake-up, a freed slot, the next due time or the poll, whichever comes first.

import { withTx } from '../db/pool.ts';
import { type Claim, claimReadyCommands, claimReadyCommandsWithinCap, readNextDueMs } from '../db/queries/claims.ts';
import { lockDomainCap } from '../db/queries/domains.ts';
import type { ClaimedCommand } from '../model/command.ts';
import { backoff } from '../model/retry.ts';
import type { Bus } from './bus.ts';
import type { Settler } from './settler.ts';

/**
 * The wait for more free slots while fewer than a quarter are: a claim of two or three costs as much as one of fifty.
 */
const GATHER_MS = 2;
/**
 * Four sets in writing and one in gathering keep PostgreSQL and the handlers busy; more would only wait in the queue.
 */
const MAX_BACKLOG = 1_000;
/** Ready commands that are locked by another transaction: the pause before the next claim. */
const LOCKED_MS = 20;
/** Domain at its cap. Settling workers send a wake-up; this poll covers workers that die. */
const CAPPED_MS = 250;
const CLAIM_ERROR_MS = { first: 100, max: 5_000 };

export interface DomainLoopOptions {
  bus: Bus;
  domain: string;
  /** Both may change at any time; `wake` announces it. */
  slots(): number;
  poll_ms(): number;
  worker_id: string;
  settler: Pick<Settler, 'backlog' | 'shrunk'>;
  /** Starts a claimed set; `claimed_at_ms` is from before the claim was sent. Calls `release` once per command. */
  start(commands: ClaimedCommand[], claimed_at_ms: number, release: () => void): void;
}

export class DomainLoop {
  readonly #options: DomainLoopOptions;
  #used = 0;
  #running = true;
  #woken = false;
  #wake: (() => void) | null = null;
  #lane = 0;
  #loop: Promise<void> | null = null;

  constructor(options: DomainLoopOptions) {
    this.#options = options;
  }

  /** Attempts that hold a slot. */
  get used(): number {
    return this.#used;
  }

  /** Negative for a while after slots were taken away. */
  get #free(): number {
    return this.#options.slots() - this.#used;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Something may be ready, or slots or the configuration of the domain changed. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Claims no more; resolves when no claim is under way. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#running) {
      try {
        await this.#waitForSlots();
        if (!this.#running) return;
        this.#woken = false;
        const found = await this.#claimAllLanes();
        failures = 0;
        if (!found && !this.#woken && this.#running) await this.#waitForWork();
      } catch (error) {
        const { bus, domain } = this.#options;
        bus.databaseHealth.reportError(error, { domain }, 'claiming failed, trying again');
        await this.#sleep(backoff(failures++, CLAIM_ERROR_MS));
      }
    }
  }

  async #waitForSlots(): Promise<void> {
    const { settler } = this.#options;
    while (this.#running && settler.backlog >= MAX_BACKLOG) await this.#unlessStopped(settler.shrunk());
    while (this.#running && this.#free <= 0) await this.#sleep(this.#options.poll_ms());
    if (this.#running && this.#free < this.#options.slots() / 4) await this.#options.bus.env.sleep(GATHER_MS);
  }

  /** One claim per lane, in turn; true when any lane filled its limit, so there may be more. */
  async #claimAllLanes(): Promise<boolean> {
    const { bus, domain, worker_id } = this.#options;
    let full = false;
    for (let turn = 0; turn < bus.lanes && this.#free > 0; turn++) {
      const lane = this.#lane++ % bus.lanes;
      const limit = this.#free;
      const claimed_at_ms = bus.env.monotonicMs();
      await bus.env.probe('before_claim', { domain });
      const claim = { domain, lane, limit, claim_id: bus.env.newId(lane, bus.lanes), worker_id };
      const commands = await this.#claim(claim);
      if (commands.length === 0) continue;
      await bus.env.probe('after_claim', { commands });
      full ||= commands.length === limit;
      this.#used += commands.length;
      this.#options.start(commands, claimed_at_ms, () => this.#release());
    }
    return full;
  }

  #claim(claim: Claim): Promise<ClaimedCommand[]> {
    const { bus, domain } = this.#options;
    // A cap that is not known here yet is no danger: the plain claim takes nothing in a domain with a cap.
    if (bus.control.cap(domain) === null) return claimReadyCommands(bus.pool, claim);
    return withTx(bus.pool, async (tx) => {
      await lockDomainCap(tx, domain);
      return claimReadyCommandsWithinCap(tx, claim);
    });
  }

  #release(): void {
    this.#used--;
    if (this.#free === 1 || this.#free >= this.#options.slots() / 4) this.#wake?.();
  }

  async #waitForWork(): Promise<void> {
    const { bus, domain } = this.#options;
    const poll_ms = this.#options.poll_ms();
    const due_ms = await readNextDueMs(bus.pool, domain, poll_ms);
    if (this.#woken || !this.#running) return;
    const slots_before = this.#free;
    const next_ms = due_ms === null ? poll_ms : due_ms <= 0 ? this.#refusedMs(poll_ms) : Math.ceil(due_ms) + 1;
    await this.#sleep(Math.min(poll_ms, next_ms), () => {
      // A freed slot does not matter while nothing is ready.
      return this.#woken || !this.#running || slots_before === 0;
    });
  }

  /** Something is ready but was not claimed: when to try again. */
  #refusedMs(poll_ms: number): number {
    const set = this.#options.bus.control.domain(this.#options.domain);
    if (set === undefined) return LOCKED_MS;
    return set.paused ? poll_ms : CAPPED_MS;
  }

  /** A stop must not wait for an event that may take as long as the database is away. */
  #unlessStopped(event: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        if (!this.#running) resolve();
      };
      void event.then(resolve);
    });
  }

  /** Sleeps for `ms`, or until woken while `isNews` holds. */
  async #sleep(ms: number, isNews: () => boolean = () => true): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => {
      if (!isNews()) return;
      this.#wake = null;
      // Without a reason each abort makes a DOMException with a stack: 4 us per step.
      woken.abort('woken');
    };
    await this.#options.bus.env.sleep(ms, woken.signal);
    this.#wake = null;
  }
}
