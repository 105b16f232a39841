// LISTEN/NOTIFY between workers. A wake-up says that commands may be ready; polling finds them without it.
// Wake-ups are sent after commit, over a separate connection, at most every 5 ms per topic.

import pg from 'pg';
import type { Env, Timer } from '../model/env.ts';
import type { Tx } from './pool.ts';
import { connectionOf, internalSession, openSession } from './session.ts';

const CHANNEL = 'faultline_commands';
const NOTIFY_INTERVAL_MS = 5;
const RECONNECT_MS = 500;
const CONNECT_TIMEOUT_MS = 10_000;

export interface Notifier {
  /** Wakes the listeners of these topics (a domain, or the topic of one worker), in this process and in others. */
  wake(topics: string | Iterable<string>): void;
  /** Calls `listener` for wake-ups of this process and of others. Returns a function that removes it. */
  onWakeUp(listener: (topic: string) => void): () => void;
  close(): Promise<void>;
}

/** Opens a notifier. With `url` null (for poolers that do not support LISTEN) wake-ups stay within this process. */
export function openNotifier(env: Env, url: string | null, application_name: string): Notifier {
  const listeners = new Set<(topic: string) => void>();
  const pending = new Map<string, Timer>();
  let client: pg.Client | null = null;
  let closed = false;
  let reconnect: Timer | null = null;

  const deliver = (topic: string) => {
    for (const listener of listeners) listener(topic);
  };

  const connect = async () => {
    reconnect = null;
    if (closed || url === null) return;
    const fresh = new pg.Client({
      ...connectionOf(url, application_name),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    const lost = () => {
      if (client === fresh) client = null;
      fresh.removeAllListeners();
      fresh.on('error', () => {});
      fresh.end().catch(() => {});
      if (!closed) reconnect ??= env.after(RECONNECT_MS, () => void connect());
    };
    fresh.on('error', lost);
    fresh.on('end', lost);
    fresh.on('notification', (message) => message.payload && deliver(message.payload));
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

  // A wake-up that cannot be sent is dropped: the next poll finds the work.
  let sending: Promise<unknown> = Promise.resolve();
  const send = (topic: string) => {
    pending.delete(topic);
    sending = sending.then(() => client?.query('select pg_notify($1, $2)', [CHANNEL, topic])).catch(() => {});
  };
  const sendSoon = (topic: string) => {
    if (client === null || pending.has(topic)) return;
    pending.set(
      topic,
      env.after(NOTIFY_INTERVAL_MS, () => send(topic)),
    );
  };

  return {
    wake(topics) {
      for (const topic of typeof topics === 'string' ? [topics] : topics) {
        deliver(topic);
        sendSoon(topic);
      }
    },
    onWakeUp(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      reconnect?.clear();
      for (const timer of pending.values()) timer.clear();
      for (const topic of pending.keys())
        await client?.query('select pg_notify($1, $2)', [CHANNEL, topic]).catch(() => {});
      await client?.end().catch(() => {});
    },
  };
}

/**
 * Wakes these topics when the caller's own transaction commits. Commits with notifications queue for one lock, so this
 * is for single operator actions, never for the bus itself.
 */
export async function wakeOnCommit(tx: Tx, topics: ReadonlySet<string>): Promise<void> {
  if (topics.size > 0) await tx.query('select pg_notify($1, t) from unnest($2::text[]) as t', [CHANNEL, [...topics]]);
}
