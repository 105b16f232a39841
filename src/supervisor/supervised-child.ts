// One supervised child: restarted after it exits, with growing delays, and given up if it keeps dying before it works.
// It is never started twice at once.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../model/env.ts';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Further details. */
  reason?: string;
}

export interface Running {
  pid: number;
  exited: Promise<Exit>;
  /** True once it has done some work: then a restart may help, and the child is never given up. */
  worked?(): boolean;
  /** Asks it for an orderly stop. */
  stop(): void;
  kill(): void;
}

export interface ChildSpec {
  name: string;
  /** Children of a higher stage stop before those of a lower one. */
  stage: number;
  /** How long an orderly stop may take before the child is killed. */
  stop_ms: number;
  start(): Promise<Running>;
  /** Resolves when what the child depends on is up; awaited before each restart. */
  ready?(): Promise<unknown>;
  /** The exit was not the child's failure and does not count as a death. */
  isBlameless?(exit: Exit): boolean;
  /** The exit was intended: it does not count as a death, and the child restarts at once. */
  isIntended?(exit: Exit): boolean;
}

export interface ChildContext {
  logger: Logger;
  onStarted(name: string, pid: number): void;
  onGiveUp(name: string, reason: string): void;
  max_deaths: number;
  window_ms: number;
  /** Delays before the first, second, ... restart in a row; the last one repeats. */
  restart_ms: readonly number[];
}

/** After a blameless exit. */
const BLAMELESS_MS = 500;

export class SupervisedChild {
  readonly spec: ChildSpec;
  readonly #context: ChildContext;
  readonly #halt = new AbortController();
  #running: Running | undefined;
  /** The run that was ended by `interrupt`. */
  #interrupted: Running | undefined;
  /** Resolvers of `whenUp`. */
  #waiting: (() => void)[] = [];
  #deaths: number[] = [];
  /** Deaths in a row before any work. */
  #idle_deaths = 0;
  /** Resolves when the child has stopped for good. */
  #kept: Promise<void> = Promise.resolve();

  constructor(spec: ChildSpec, context: ChildContext) {
    this.spec = spec;
    this.#context = context;
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** Starts the child and keeps it running. Rejects when the first start fails. */
  async start(): Promise<void> {
    const first = this.#begin();
    // Set before the start succeeds: a stop meanwhile must wait for it.
    this.#kept = first.then(
      (running) => this.#keep(running),
      () => {},
    );
    await first;
  }

  /** Ends the current run on purpose: the child restarts at once, and no death is counted. False if it does not run. */
  interrupt(how: 'stop' | 'kill'): boolean {
    if (!this.#running || this.#halt.signal.aborted) return false;
    this.#interrupted = this.#running;
    this.#running[how]();
    return true;
  }

  whenUp(): Promise<void> {
    return new Promise((done) => {
      if (this.#running) done();
      else this.#waiting.push(done);
    });
  }

  async stop(): Promise<void> {
    const { name, stop_ms } = this.spec;
    this.#halt.abort();
    this.#running?.stop();
    const timer = setTimeout(() => {
      this.#context.logger.warn({}, `${name} did not stop within ${stop_ms} ms and is killed`);
      this.#running?.kill();
    }, stop_ms);
    await this.#kept;
    clearTimeout(timer);
  }

  kill(): void {
    this.#halt.abort();
    this.#running?.kill();
  }

  async #begin(): Promise<Running> {
    const { name } = this.spec;
    const running = await this.spec.start();
    this.#running = running;
    try {
      this.#context.onStarted(name, running.pid);
    } catch (error) {
      // The child runs nevertheless; a second start would run it twice.
      this.#context.logger.error({ err: error, name, pid: running.pid }, `the start of ${name} could not be recorded`);
    }
    void running.exited.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
    // The stop came during the start.
    if (this.#halt.signal.aborted) running.stop();
    for (const done of this.#waiting.splice(0)) done();
    return running;
  }

  async #keep(first: Running): Promise<void> {
    const { signal } = this.#halt;
    const halted = new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
    let running: Running | undefined = first;
    let exit: Exit | undefined;
    while (!signal.aborted) {
      exit = running ? await running.exited : exit;
      if (signal.aborted) return;
      const interrupted = running !== undefined && this.#interrupted === running;
      const delay_ms = interrupted ? 0 : this.#restartDelay(exit as Exit, running?.worked?.() ?? false);
      if (delay_ms === null) return;
      await sleep(delay_ms, undefined, { signal }).catch(() => {});
      await Promise.race([this.spec.ready?.(), halted]);
      if (signal.aborted) return;
      try {
        running = await this.#begin();
        this.#context.logger.info({ pid: running.pid }, `${this.spec.name} was restarted as pid ${running.pid}`);
      } catch (error) {
        running = undefined;
        exit = { code: null, signal: null, reason: (error as Error).message };
      }
    }
    await running?.exited;
  }

  /** The delay before the next start, or null when the child is given up. */
  #restartDelay(exit: Exit, worked: boolean): number | null {
    const { spec } = this;
    const { logger, max_deaths, window_ms, restart_ms, onGiveUp } = this.#context;
    const how = describeExit(exit);
    if (spec.isIntended?.(exit)) {
      logger.info(exit, `${spec.name} exited (${how}) as intended; restarting it`);
      return 0;
    }
    if (spec.isBlameless?.(exit)) {
      logger.info(exit, `${spec.name} exited (${how}); this does not count as a death`);
      return BLAMELESS_MS;
    }
    const now_ms = performance.now();
    this.#deaths = [...this.#deaths.filter((at_ms) => at_ms > now_ms - window_ms), now_ms];
    this.#idle_deaths = worked ? 0 : this.#idle_deaths + 1;
    const count = this.#deaths.length;
    if (count >= max_deaths && this.#idle_deaths >= max_deaths) {
      onGiveUp(spec.name, `${spec.name} died ${count} times within ${Math.round(window_ms / 1000)} s, last by ${how}`);
      return null;
    }
    const delay_ms = restart_ms[Math.min(count, restart_ms.length) - 1] ?? 0;
    logger.warn({ ...exit, delay_ms }, `${spec.name} died (${how}); restarting it`);
    return delay_ms;
  }
}

export function describeExit({ code, signal, reason }: Exit): string {
  const how = signal ? `signal ${signal}` : code === null ? 'not starting' : `exit code ${code}`;
  return reason ? `${how}: ${reason}` : how;
}
