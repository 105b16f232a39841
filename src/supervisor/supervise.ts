// Keeps children running: each is started again when it ends, with growing pauses; one that never comes to work is given up.
// Promises an ordered stop, stage by stage, and that a child is never started twice at once.

import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../model/env.ts';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why, where more is known than a number. */
  reason?: string;
}

export interface Running {
  pid: number;
  exited: Promise<Exit>;
  /** True once it did its work: whatever ends it then, starting it again may help, and it is never given up. */
  worked?(): boolean;
  /** Asks it to end in order. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
}

export interface ChildSpec {
  name: string;
  /** Children of a higher stage stop before those of a lower one. */
  stage: number;
  /** How long an ordered stop may take before the child is killed. */
  stop_ms: number;
  start(): Promise<Running>;
  /** Resolves when what the child needs is there; asked before each restart. */
  ready?(): Promise<unknown>;
  /** True for an end that is not the child's own fault and does not count as a death. */
  blameless?(exit: Exit): boolean;
  /** True for an end that somebody wanted: no death, and nothing to wait for before the next start. */
  wanted?(exit: Exit): boolean;
}

export interface SuperviseOptions {
  logger: Logger;
  /** Called once, when a child has died `max_deaths` times within `window_ms` and did no work before any of them. */
  onGiveUp(name: string, reason: string): void;
  /** Called each time a child runs. */
  onStarted?(name: string, pid: number): void;
  max_deaths?: number;
  window_ms?: number;
  /** Pauses before the first, second, ... restart in a row; the last one repeats. */
  restart_ms?: readonly number[];
}

export interface Supervisor {
  /** Starts a child and keeps it running. Rejects when its very first start fails. */
  add(spec: ChildSpec): Promise<void>;
  /** The pid of a child that runs now. */
  pidOf(name: string): number | undefined;
  /**
   * Ends a child that runs now, on purpose: it is started again at once, and its end counts neither as a death nor as a fault.
   * False when it does not run.
   */
  disturb(name: string, how: 'stop' | 'kill'): boolean;
  /** Resolves when the child runs. */
  whenUp(name: string): Promise<void>;
  /** Ends all, highest stage first; resolves when nothing is left. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends all at once, without waiting. */
  kill(): void;
}

/** Short enough that even children which take seconds to die do it ten times within the minute. */
const RESTART_MS = [0, 100, 250, 500, 1_000, 2_000];
/** After an end that is nobody's fault: what it waits for is looked for again and again. */
const BLAMELESS_MS = 500;

interface Child {
  spec: ChildSpec;
  running: Running | undefined;
  /** The run of it that we ended on purpose. */
  disturbed: Running | undefined;
  /** Callbacks of those who wait for it to run. */
  waiting: (() => void)[];
  deaths: number[];
  /** How many of its last lives in a row ended before it did any work. */
  in_vain: number;
  halt: AbortController;
  halted: Promise<void>;
  /** Ends when the child is stopped for good. */
  kept: Promise<void>;
}

export function createSupervisor(options: SuperviseOptions): Supervisor {
  const { logger, max_deaths = 10, window_ms = 60_000, restart_ms = RESTART_MS } = options;
  const children = new Map<string, Child>();
  let gaveUp = false;
  let stopping: Promise<void> | undefined;

  const begin = async (child: Child) => {
    const running = await child.spec.start();
    child.running = running;
    tellStarted(child.spec.name, running.pid);
    void running.exited.then(() => {
      if (child.running === running) child.running = undefined;
    });
    // It was told to stop while it was starting.
    if (child.halt.signal.aborted) running.stop();
    for (const tell of child.waiting.splice(0)) tell();
    return running;
  };

  /** It runs, whatever the listener makes of it: taken for one that did not start, it would be started once more beside itself. */
  const tellStarted = (name: string, pid: number) => {
    try {
      options.onStarted?.(name, pid);
    } catch (error) {
      logger.error({ err: error, name, pid }, `that ${name} was started could not be written down`);
    }
  };

  const keep = async (child: Child, first: Running) => {
    const { spec, halt } = child;
    let running: Running | undefined = first;
    let exit: Exit | undefined;
    while (!halt.signal.aborted) {
      exit = running ? await running.exited : exit;
      if (halt.signal.aborted) return;
      const on_purpose = running !== undefined && child.disturbed === running;
      const delay_ms = on_purpose ? 0 : judge(child, exit as Exit, running?.worked?.() ?? false);
      if (delay_ms === null) return;
      await sleep(delay_ms, halt.signal);
      await Promise.race([spec.ready?.(), child.halted]);
      if (halt.signal.aborted) return;
      try {
        running = await begin(child);
        logger.info({ pid: running.pid }, `${spec.name} was started again, as pid ${running.pid}`);
      } catch (error) {
        running = undefined;
        exit = { code: null, signal: null, reason: (error as Error).message };
      }
    }
    await running?.exited;
  };

  /** What follows from an end: the pause before the next start, or null for giving up. */
  const judge = (child: Child, exit: Exit, worked: boolean): number | null => {
    const { spec } = child;
    if (spec.wanted?.(exit)) {
      logger.info(exit, `${spec.name} left (${describeExit(exit)}) as it was meant to, starting it again`);
      return 0;
    }
    if (spec.blameless?.(exit)) {
      logger.info(exit, `${spec.name} left (${describeExit(exit)}), not of its own fault`);
      return BLAMELESS_MS;
    }
    const now_ms = performance.now();
    child.deaths = [...child.deaths.filter((at_ms) => at_ms > now_ms - window_ms), now_ms];
    child.in_vain = worked ? 0 : child.in_vain + 1;
    if (child.deaths.length >= max_deaths && child.in_vain >= max_deaths) {
      const seconds = Math.round(window_ms / 1000);
      const reason = `${spec.name} died ${child.deaths.length} times within ${seconds} s, last by ${describeExit(exit)}`;
      if (!gaveUp) options.onGiveUp(spec.name, reason);
      gaveUp = true;
      return null;
    }
    const delay_ms = restart_ms[Math.min(child.deaths.length, restart_ms.length) - 1] ?? 0;
    logger.warn({ ...exit, delay_ms }, `${spec.name} died (${describeExit(exit)}), starting it again`);
    return delay_ms;
  };

  const end = async (child: Child) => {
    child.halt.abort();
    child.running?.stop();
    const ended = new AbortController();
    void sleep(child.spec.stop_ms, ended.signal).then(() => {
      if (ended.signal.aborted) return;
      logger.warn({}, `${child.spec.name} did not end within ${child.spec.stop_ms} ms and is killed`);
      child.running?.kill();
    });
    await child.kept;
    ended.abort();
  };

  const stop = async () => {
    const stages = [...new Set([...children.values()].map((child) => child.spec.stage))].sort((a, b) => b - a);
    for (const stage of stages) {
      await Promise.all([...children.values()].filter((child) => child.spec.stage === stage).map(end));
    }
  };

  return {
    async add(spec) {
      if (stopping) throw new Error(`${spec.name} is not started any more.`);
      const halt = new AbortController();
      const child: Child = {
        spec,
        running: undefined,
        disturbed: undefined,
        waiting: [],
        deaths: [],
        in_vain: 0,
        halt,
        halted: aborted(halt.signal),
        kept: Promise.resolve(),
      };
      children.set(spec.name, child);
      const first = begin(child);
      // Set at once: a stop that comes while it starts must wait for it too.
      child.kept = first.then(
        (running) => keep(child, running),
        () => {},
      );
      await first;
    },
    pidOf: (name) => children.get(name)?.running?.pid,
    disturb(name, how) {
      const child = children.get(name);
      if (!child?.running || child.halt.signal.aborted) return false;
      child.disturbed = child.running;
      child.running[how]();
      return true;
    },
    whenUp: (name) =>
      new Promise((done) => {
        const child = children.get(name);
        if (!child || child.running) done();
        else child.waiting.push(done);
      }),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    kill: () => {
      for (const child of children.values()) {
        child.halt.abort();
        child.running?.kill();
      }
    },
  };
}

export function describeExit({ code, signal, reason }: Exit): string {
  const how = signal ? `signal ${signal}` : code === null ? 'not starting' : `exit code ${code}`;
  return reason ? `${how}: ${reason}` : how;
}

/** Waits `ms`, or until the signal aborts. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => {});
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
