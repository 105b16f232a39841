// The supervisor: keeps children running and stops them in order, stage by stage.

import type { Logger } from '../model/env.ts';
import { type ChildContext, type ChildSpec, SupervisedChild } from './supervised-child.ts';

export interface SupervisorOptions extends Partial<Omit<ChildContext, 'onGiveUp'>> {
  logger: Logger;
  /** Called once, when a child died `max_deaths` times within `window_ms` and never worked before. */
  onGiveUp(name: string, reason: string): void;
}

/** Short enough that even children which take seconds to die do so ten times within the minute. */
const RESTART_MS = [0, 100, 250, 500, 1_000, 2_000];

export class Supervisor {
  readonly #context: ChildContext;
  readonly #children = new Map<string, SupervisedChild>();
  #gave_up = false;
  #stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#context = {
      max_deaths: 10,
      window_ms: 60_000,
      restart_ms: RESTART_MS,
      onStarted: () => {},
      ...options,
      onGiveUp: (name, reason) => {
        if (!this.#gave_up) options.onGiveUp(name, reason);
        this.#gave_up = true;
      },
    };
  }

  /** Starts a child and keeps it running. Rejects when its first start fails. */
  async add(spec: ChildSpec): Promise<void> {
    if (this.#stopping) throw new Error(`${spec.name} is not started any more.`);
    const child = new SupervisedChild(spec, this.#context);
    this.#children.set(spec.name, child);
    await child.start();
  }

  /** Undefined while the child does not run. */
  pidOf(name: string): number | undefined {
    return this.#children.get(name)?.pid;
  }

  /** Ends a running child on purpose: it restarts at once, and this is no death. False when it does not run. */
  interrupt(name: string, how: 'stop' | 'kill'): boolean {
    return this.#children.get(name)?.interrupt(how) ?? false;
  }

  /** Resolves when the child runs, at once for an unknown one. */
  async whenUp(name: string): Promise<void> {
    await this.#children.get(name)?.whenUp();
  }

  /** Stops all, the highest stage first. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopStages();
    return this.#stopping;
  }

  /** Kills all without waiting. */
  kill(): void {
    for (const child of this.#children.values()) child.kill();
  }

  async #stopStages(): Promise<void> {
    const children = [...this.#children.values()];
    const stages = [...new Set(children.map(({ spec }) => spec.stage))].sort((a, b) => b - a);
    for (const stage of stages) {
      await Promise.all(children.filter(({ spec }) => spec.stage === stage).map((child) => child.stop()));
    }
  }
}
