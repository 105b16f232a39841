// The configuration of operators, cached in this process: settings and domains, read every second and on a wake-up.
// While the database is away, the last known configuration stays in effect.

import type { Notifier } from '../db/notifier.ts';
import type { Pool } from '../db/pool.ts';
import { type OperatorConfig, readOperatorConfig } from '../db/queries/settings.ts';
import type { Env } from '../model/env.ts';
import { PeriodicTask } from '../model/periodic.ts';
import { DEFAULT_SETTINGS, type Settings, settingsOf } from '../model/settings.ts';
import type { DatabaseHealth } from './database-health.ts';

/** Woken when settings or domains change. Not the name of a domain: those hold no space. */
export const CONTROL_TOPIC = 'control changed';

export interface ControlContext {
  env: Env;
  databaseHealth: DatabaseHealth;
  pool: Pool;
  notifier: Notifier;
}

export class Control {
  readonly #context: ControlContext;
  readonly #listeners = new Set<() => void>();
  readonly #task: PeriodicTask;
  #known = '';
  #settings = DEFAULT_SETTINGS;
  #domains: OperatorConfig['domains'] = {};
  #reading: Promise<void> | null = null;
  #again: Promise<void> | null = null;
  #stopListening = () => {};
  #stopped = false;

  constructor(context: ControlContext) {
    this.#context = context;
    const run = () => this.#refreshQuietly();
    this.#task = new PeriodicTask(context, {
      every_ms: 1_000,
      run,
      failure: 'refreshing settings failed',
      unref: true,
    });
  }

  settings(): Settings {
    return this.#settings;
  }

  /** The configuration of a domain, if any. */
  domain(domain: string): OperatorConfig['domains'][string] | undefined {
    return this.#domains[domain];
  }

  /** Attempts of a domain that may be in progress over all workers; null: no cap. */
  cap(domain: string): number | null {
    return this.#domains[domain]?.max_in_flight ?? null;
  }

  /** Reads again; resolves when what is known is no older than this call. */
  refresh(): Promise<void> {
    if (this.#reading === null) {
      this.#reading = this.#read().finally(() => {
        this.#reading = null;
      });
      return this.#reading;
    }
    // The read under way may have begun before the change was committed.
    this.#again ??= this.#reading
      .catch(() => {})
      .then(() => {
        this.#again = null;
        return this.refresh();
      });
    return this.#again;
  }

  /** Calls back on every change. Returns a function that unsubscribes. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    const onWakeUp = (topic: string) => void (topic === CONTROL_TOPIC && this.#refreshQuietly());
    this.#stopListening = this.#context.notifier.onWakeUp(onWakeUp);
    this.#task.start();
  }

  /** After it nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    await this.#task.stop();
    await Promise.allSettled([this.#reading, this.#again]);
  }

  async #read(): Promise<void> {
    const config = await readOperatorConfig(this.#context.pool);
    const text = JSON.stringify(config);
    if (text === this.#known) return;
    this.#known = text;
    this.#settings = settingsOf(config.settings);
    this.#domains = config.domains;
    for (const listener of this.#listeners) listener();
  }

  async #refreshQuietly(): Promise<void> {
    if (this.#stopped) return;
    const { databaseHealth } = this.#context;
    try {
      await this.refresh();
      databaseHealth.reportSuccess();
    } catch (error) {
      if (!this.#stopped) databaseHealth.reportError(error, {}, 'reading settings failed, trying again');
    }
  }
}
