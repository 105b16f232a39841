// A network between the code under test and PostgreSQL, which a test can cut, silence, or cut at one exact message.
// Promises that what reached the server reached it whole: a message is passed on as it is, or lost with its connection.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The message that commits. Not only the word: what a session is told when it opens says `read committed`. */
export const COMMIT = 'commit\0';

export interface Network {
  url: string;
  /** Connections refused so far. */
  refused(): number;
  /** Cuts every connection and refuses new ones. */
  down(): void;
  /** Accepts and keeps connections, but nothing passes any more. */
  silence(): void;
  /** Lets everything pass again. */
  up(): void;
  /** Cuts the next connection that sends this text, when the server has answered, instead of passing the answer on. */
  loseAnswerTo(text: string): Promise<void>;
  /** Cuts the next connection that sends this text, before any of it reaches the server. */
  loseMessage(text: string): Promise<void>;
  /** The server ends the next connection that sends this text in the moment it has answered: both arrive in one piece. */
  endAfterAnswerTo(text: string): Promise<void>;
}

/** As the server says that an administrator ended the connection: `E`, the length, fields, and a zero. */
const TERMINATED = (() => {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields]);
})();
/** `Z`, its length, and that no transaction is open. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

interface Link {
  client: Socket;
  server: Socket;
}

/** Opens one to the server of `url`; closed when the test ends. */
export async function openNetwork(url: string): Promise<Network> {
  const target = new URL(url);
  const links = new Set<Link>();
  let state: 'up' | 'down' | 'silent' = 'up';
  let refused = 0;
  let lose: { text: string; what: 'message' | 'answer' | 'ended'; done(): void } | null = null;

  const cut = (link: Link) => {
    link.client.destroy();
    link.server.destroy();
    links.delete(link);
  };

  const listener = createServer((client) => {
    if (state === 'down') {
      refused++;
      return void client.destroy();
    }
    const server = connect(Number(target.port || 5432), target.hostname);
    const link = { client, server };
    links.add(link);
    let losing: (() => void) | null = null;
    let ending: (() => void) | null = null;
    client.on('data', (data) => {
      if (lose !== null && data.includes(lose.text)) {
        const { what, done } = lose;
        lose = null;
        if (what === 'message') {
          cut(link);
          return done();
        }
        if (what === 'answer') losing = done;
        else ending = done;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (ending !== null && data.subarray(-READY.length).equals(READY)) {
        client.end(Buffer.concat([data, TERMINATED]));
        server.destroy();
        return ending();
      }
      if (losing === null) return void client.write(data);
      cut(link);
      losing();
    });
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => cut(link));
      socket.on('close', () => ending === null && cut(link));
    }
    client.on('close', () => cut(link));
    if (state === 'silent') client.pause();
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const link of links) cut(link);
    listener.close();
  });

  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String((listener.address() as AddressInfo).port);
  return {
    url: own.href,
    refused: () => refused,
    down() {
      state = 'down';
      for (const link of links) cut(link);
    },
    silence() {
      state = 'silent';
      for (const { client, server } of links) {
        client.pause();
        server.pause();
      }
    },
    up() {
      state = 'up';
      for (const { client, server } of links) {
        client.resume();
        server.resume();
      }
    },
    loseAnswerTo: (text) =>
      new Promise((done) => {
        lose = { text, what: 'answer', done };
      }),
    loseMessage: (text) =>
      new Promise((done) => {
        lose = { text, what: 'message', done };
      }),
    endAfterAnswerTo: (text) =>
      new Promise((done) => {
        lose = { text, what: 'ended', done };
      }),
  };
}
