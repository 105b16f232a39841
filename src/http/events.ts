// Server-sent events of a batch: `batch` (its detail) and `verdict` (its stored verdict) after each change, and `ping`
// while nothing changes. One poller serves all clients of a batch. A stream ends with the batch or the server.

import { PassThrough } from 'node:stream';
import type { Env, Timer } from '../model/env.ts';
import type { Verdicts } from '../verification/index.ts';
import type { BatchDetails } from './batch-detail.ts';
import type { BatchDetail } from './contract.ts';

const POLL_EVERY_MS = 1_000;
const PING_EVERY_MS = 10_000;
/** A client with more unread bytes is disconnected; it may reconnect. */
const MAX_PENDING_BYTES = 1_048_576;
/** The id of the last event of an ended batch: a browser that reconnects with it has seen everything. */
export const LAST_EVENT_ID = 'end';

interface Sources {
  env: Env;
  details: BatchDetails;
  verdicts: Pick<Verdicts, 'peek'>;
}

export class BatchEvents {
  readonly #sources: Sources;
  readonly #channels = new Map<string, Channel>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** A stream of the batch's events that begins with its current detail. */
  subscribe(batch: BatchDetail): PassThrough {
    const client = new PassThrough();
    if (batch.completed_at !== null) {
      client.end(eventText('batch', JSON.stringify(batch), LAST_EVENT_ID));
      return client;
    }
    const { batch_id } = batch;
    const channel =
      this.#channels.get(batch_id) ?? new Channel(this.#sources, batch, () => this.#channels.delete(batch_id));
    this.#channels.set(batch_id, channel);
    channel.join(client, batch);
    return client;
  }

  /** Ends every stream. */
  close(): void {
    for (const channel of this.#channels.values()) channel.close();
  }
}

/** The clients of one batch, and the poller that serves them. */
class Channel {
  readonly #sources: Sources;
  readonly #batch_id: string;
  readonly #onClose: () => void;
  readonly #clients = new Set<PassThrough>();
  /** The last detail sent, as JSON. */
  #sent: string;
  /** When the last verdict sent was computed. */
  #verified_at = '';
  #sent_at_ms: number;
  #events = 0;
  #timer: Timer | null = null;
  #closed = false;

  constructor(sources: Sources, batch: BatchDetail, onClose: () => void) {
    this.#sources = sources;
    this.#batch_id = batch.batch_id;
    this.#sent = JSON.stringify(batch);
    this.#sent_at_ms = sources.env.monotonicMs();
    this.#onClose = onClose;
    this.#pollLater();
  }

  join(client: PassThrough, batch: BatchDetail): void {
    this.#clients.add(client);
    client.once('close', () => {
      this.#clients.delete(client);
      if (this.#clients.size === 0) this.close();
    });
    client.write(`retry: 2000\n\n${eventText('batch', JSON.stringify(batch), String(this.#events))}`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.clear();
    this.#onClose();
    for (const client of this.#clients) client.end();
  }

  #pollLater(): void {
    const { env } = this.#sources;
    this.#timer = env.after(POLL_EVERY_MS, async () => {
      try {
        await this.#poll();
      } catch (error) {
        env.logger.warn(
          { err: error, batch_id: this.#batch_id },
          'a batch could not be read for its events, trying again',
        );
      }
      if (!this.#closed) this.#pollLater();
    });
  }

  async #poll(): Promise<void> {
    const { env, details } = this.#sources;
    if (env.monotonicMs() - this.#sent_at_ms >= PING_EVERY_MS) this.#broadcast(eventText('ping', '{}'));
    const batch = await details.read(this.#batch_id);
    const json = JSON.stringify(batch);
    const ended = batch.completed_at !== null;
    if (json !== this.#sent) {
      this.#sent = json;
      this.#events += 1;
      this.#broadcast(eventText('batch', json, ended ? LAST_EVENT_ID : String(this.#events)));
    }
    // Only a batch at rest has a stored verdict. Nothing is verified here.
    if (batch.status === 'AT_REST') await this.#sendVerdict();
    if (ended) this.close();
  }

  async #sendVerdict(): Promise<void> {
    const stored = await this.#sources.verdicts.peek(this.#batch_id);
    if (stored === null || stored.computed_at === this.#verified_at) return;
    const { batch_id, verdict, computed_at } = stored;
    this.#verified_at = computed_at;
    this.#broadcast(eventText('verdict', JSON.stringify({ batch_id, verdict, computed_at })));
  }

  #broadcast(text: string): void {
    this.#sent_at_ms = this.#sources.env.monotonicMs();
    for (const client of this.#clients) {
      if (client.writableLength > MAX_PENDING_BYTES) client.destroy();
      else client.write(text);
    }
  }
}

/** JSON contains no line break, so it fits one data line. */
function eventText(event: string, json: string, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`;
}
