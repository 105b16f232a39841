// What operators have set, as this process knows it: settings and caps, read each second and at once on a wake-up.
// While the database is away the last known holds; reading never fails anybody's work.

import { type OperatorConfig, readOperatorConfig } from '../db/queries/settings.ts';
import type { Timer } from '../model/env.ts';
import { DEFAULT_SETTINGS, type Settings, settingsOf } from '../model/settings.ts';
import type { Bus } from './bus.ts';

/** Hinted when settings or domains changed. No domain can have this name: names of domains hold no space. */
export const CONTROL_TOPIC = 'control changed';
const EVERY_MS = 1_000;

export interface Control {
  settings(): Settings;
  /** What is set for a domain; undefined: nothing. Its `max_in_flight` counts over all workers. */
  domain(domain: string): OperatorConfig['domains'][string] | undefined;
  /** Reads again; resolves when what is known is no older than this call. */
  refresh(): Promise<void>;
  /** Calls back whenever something changed. Returns a function that ends it. */
  onChange(listener: () => void): () => void;
  start(): void;
  /** After it nothing is under way. */
  stop(): Promise<void>;
}

export function createControl(bus: () => Pick<Bus, 'pool' | 'env' | 'notifier' | 'outage'>): Control {
  const listeners = new Set<() => void>();
  let known = JSON.stringify({ settings: {}, domains: {} } satisfies OperatorConfig);
  let settings = DEFAULT_SETTINGS;
  let domains: OperatorConfig['domains'] = {};
  let reading: Promise<void> | null = null;
  let again: Promise<void> | null = null;
  let timer: Timer | null = null;
  let stopListening = () => {};
  let stopped = false;

  const read = async () => {
    const wishes = await readOperatorConfig(bus().pool);
    const text = JSON.stringify(wishes);
    if (text === known) return;
    known = text;
    settings = settingsOf(wishes.settings);
    domains = wishes.domains;
    for (const listener of listeners) listener();
  };

  const refresh = (): Promise<void> => {
    if (reading === null) {
      reading = read().finally(() => {
        reading = null;
      });
      return reading;
    }
    // The reading under way may have begun before what is to be seen was committed.
    again ??= reading
      .catch(() => {})
      .then(() => {
        again = null;
        return refresh();
      });
    return again;
  };

  const refreshQuietly = async () => {
    if (stopped) return;
    const { outage } = bus();
    try {
      await refresh();
      outage.answered();
    } catch (error) {
      if (!stopped) outage.failed(error, {}, 'reading settings failed, trying again');
    }
  };

  const schedule = () => {
    const next = () => void refreshQuietly().finally(() => void (stopped || schedule()));
    timer = bus().env.after(EVERY_MS, next, { unref: true });
  };

  return {
    settings: () => settings,
    domain: (domain) => domains[domain],
    refresh,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      stopListening = bus().notifier.onWakeUp((name) => void (name === CONTROL_TOPIC && refreshQuietly()));
      schedule();
    },
    async stop() {
      stopped = true;
      timer?.clear();
      stopListening();
      await Promise.allSettled([reading, again]);
    },
  };
}
