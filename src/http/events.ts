// Server-sent events of a batch: `batch` with its detail and `verdict` with what is known of it, each whenever that changed; `ping`
// while nothing does.
// One poller per batch however many look; a stream ends after the batch has, and when the server closes.

import { PassThrough } from 'node:stream';
import type { Env, Timer } from '../model/env.ts';
import type { Verdicts } from '../verification/index.ts';
import type { BatchDetails } from './batch-detail.ts';
import type { BatchDetail } from './contract.ts';

const EVERY_MS = 1_000;
const PING_EVERY_MS = 10_000;
/** A client that reads slower than this much piles up is let go; it may come back. */
const MAX_PENDING_BYTES = 1_048_576;
/** The id of the last event of a batch that ended: a browser that comes back with it has seen everything. */
export const LAST_EVENT_ID = 'end';

interface Channel {
  clients: Set<PassThrough>;
  /** The last detail sent, as JSON. */
  sent: string;
  /** The last verdict sent. */
  verified: string;
  said_at_ms: number;
  events: number;
  timer: Timer | null;
}

export interface BatchEvents {
  /** A stream of the batch's events, beginning with what it is now. */
  subscribe(batch: BatchDetail): PassThrough;
  /** Ends every stream. */
  close(): void;
}

export function createBatchEvents(env: Env, details: BatchDetails, verdicts: Pick<Verdicts, 'peek'>): BatchEvents {
  const channels = new Map<string, Channel>();

  const open = (batch_id: string): Channel => {
    const channel: Channel = {
      clients: new Set(),
      sent: '',
      verified: '',
      said_at_ms: env.monotonicMs(),
      events: 0,
      timer: null,
    };
    channels.set(batch_id, channel);
    pollLater(batch_id, channel);
    return channel;
  };

  const pollLater = (batch_id: string, channel: Channel) => {
    if (channels.get(batch_id) !== channel) return;
    channel.timer = env.after(EVERY_MS, () => {
      poll(batch_id, channel).then(
        () => pollLater(batch_id, channel),
        (error) => {
          env.logger.warn({ err: error, batch_id }, 'a batch could not be followed, trying again');
          pollLater(batch_id, channel);
        },
      );
    });
  };

  const poll = async (batch_id: string, channel: Channel) => {
    pingIfSilent(channel);
    const batch = await details.read(batch_id);
    say(channel, batch);
    await sayVerdict(channel, batch);
    if (batch.completed_at !== null) finish(batch_id, channel);
  };

  const say = (channel: Channel, batch: BatchDetail) => {
    const json = JSON.stringify(batch);
    if (json === channel.sent) return;
    channel.sent = json;
    channel.events += 1;
    broadcast(channel, eventText('batch', json, batch.completed_at === null ? String(channel.events) : LAST_EVENT_ID));
  };

  /** Only of a batch at rest, and only what is stored: verifying it is somebody else's work. */
  const sayVerdict = async (channel: Channel, { batch_id, status }: BatchDetail) => {
    if (status !== 'AT_REST') return;
    const verdict = await verdicts.peek(batch_id);
    if (verdict === null || verdict.computed_at === channel.verified) return;
    channel.verified = verdict.computed_at;
    const { computed_at } = verdict;
    broadcast(channel, eventText('verdict', JSON.stringify({ batch_id, verdict: verdict.verdict, computed_at })));
  };

  const pingIfSilent = (channel: Channel) => {
    if (env.monotonicMs() - channel.said_at_ms >= PING_EVERY_MS) broadcast(channel, eventText('ping', '{}'));
  };

  const broadcast = (channel: Channel, text: string) => {
    channel.said_at_ms = env.monotonicMs();
    for (const client of channel.clients) {
      if (client.writableLength > MAX_PENDING_BYTES) client.destroy();
      else client.write(text);
    }
  };

  const finish = (batch_id: string, channel: Channel) => {
    channel.timer?.clear();
    channels.delete(batch_id);
    for (const client of channel.clients) client.end();
  };

  const leave = (batch_id: string, channel: Channel, client: PassThrough) => {
    channel.clients.delete(client);
    if (channel.clients.size > 0 || channels.get(batch_id) !== channel) return;
    channel.timer?.clear();
    channels.delete(batch_id);
  };

  return {
    subscribe(batch) {
      const client = new PassThrough();
      const json = JSON.stringify(batch);
      if (batch.completed_at !== null) {
        client.end(eventText('batch', json, LAST_EVENT_ID));
        return client;
      }
      const channel = channels.get(batch.batch_id) ?? open(batch.batch_id);
      if (channel.sent === '') channel.sent = json;
      channel.clients.add(client);
      client.once('close', () => leave(batch.batch_id, channel, client));
      client.write(`retry: 2000\n\n${eventText('batch', json, String(channel.events))}`);
      return client;
    },
    close() {
      for (const [batch_id, channel] of [...channels]) finish(batch_id, channel);
    },
  };
}

/** JSON has no line break of its own, so one data line holds it. */
function eventText(event: string, json: string, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`;
}
