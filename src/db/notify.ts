// LISTEN/NOTIFY between workers: a hint that commands are ready, never the truth. Polling finds everything without it.
// Wake-ups go out after commit, over a connection of their own, at most every 5 ms a domain.

import pg from 'pg';
import type { Env, Timer } from '../model/env.ts';
import type { Tx } from './pool.ts';
import { connectionOf, internalSession, openSession } from './session.ts';

const CHANNEL = 'faultline_commands';
const NOTIFY_INTERVAL_MS = 5;
const RECONNECT_MS = 500;
/** A server that does not answer is asked again. */
const CONNECT_MS = 10_000;

export interface Notifier {
  /** Tells every worker, this one included, that `domain` may have ready commands. */
  hint(domain: string): void;
  /** Calls back on hints of others and of our own. Returns a function that ends it. */
  onWakeUp(listener: (domain: string) => void): () => void;
  close(): Promise<void>;
}

/** Opens hints. With `url` null (poll-only, for poolers that cannot LISTEN) hints stay within this process. */
export function openNotifier(env: Env, url: string | null, application_name: string): Notifier {
  const listeners = new Set<(domain: string) => void>();
  const pending = new Map<string, Timer>();
  let client: pg.Client | null = null;
  let closed = false;
  let reconnect: Timer | null = null;

  const tell = (domain: string) => {
    for (const listener of listeners) listener(domain);
  };

  const retry = () => {
    reconnect = null;
    void connect();
  };

  const connect = async () => {
    if (closed || url === null) return;
    const fresh = new pg.Client({ ...connectionOf(url, application_name), connectionTimeoutMillis: CONNECT_MS });
    const lost = () => {
      if (client === fresh) client = null;
      fresh.removeAllListeners();
      fresh.on('error', () => {});
      fresh.end().catch(() => {});
      if (!closed) reconnect ??= env.after(RECONNECT_MS, retry);
    };
    fresh.on('error', lost);
    fresh.on('end', lost);
    fresh.on('notification', (message) => message.payload && tell(message.payload));
    try {
      await fresh.connect();
      await openSession(fresh, internalSession({}));
      await fresh.query(`listen ${CHANNEL}`);
      if (closed) await fresh.end();
      else client = fresh;
    } catch {
      lost();
    }
  };
  void connect();

  // A hint that cannot be sent is dropped: the next poll finds the work.
  let sending: Promise<unknown> = Promise.resolve();
  const send = (domain: string) => {
    pending.delete(domain);
    sending = sending.then(() => client?.query('select pg_notify($1, $2)', [CHANNEL, domain])).catch(() => {});
  };

  return {
    hint(domain) {
      tell(domain);
      if (client !== null && !pending.has(domain))
        pending.set(
          domain,
          env.after(NOTIFY_INTERVAL_MS, () => send(domain)),
        );
    },
    onWakeUp(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      reconnect?.clear();
      for (const timer of pending.values()) timer.clear();
      for (const domain of pending.keys())
        await client?.query('select pg_notify($1, $2)', [CHANNEL, domain]).catch(() => {});
      await client?.end().catch(() => {});
    },
  };
}

/**
 * Wake-ups that go out when a transaction of the caller's commits, for who cannot know when that is. Commits with notifications
 * queue up for one lock, so this is for single deeds of people, never for the bus's own work.
 */
export async function wakeOnCommit(tx: Tx, hints: readonly string[]): Promise<void> {
  if (hints.length > 0) await tx.query('select pg_notify($1, h) from unnest($2::text[]) as h', [CHANNEL, hints]);
}
