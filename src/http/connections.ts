// Closing promptly: unused connections are closed at once, and requests that do not end after a grace period.
// Browsers and fetch open connections ahead of use; node counts them as busy and would wait a minute for them.

import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Env, Timer } from '../model/env.ts';

const GRACE_MS = 5_000;

export function closePromptly(app: FastifyInstance, env: Env): void {
  const unused = new Set<Socket>();
  let closing = false;
  let timer: Timer | null = null;

  app.server.on('connection', (socket: Socket) => {
    if (closing) return socket.destroy();
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  app.server.on('request', (request) => unused.delete(request.socket));
  app.addHook('preClose', async () => {
    closing = true;
    for (const socket of unused) socket.destroy();
    timer = env.after(GRACE_MS, () => app.server.closeAllConnections());
  });
  app.addHook('onClose', async () => timer?.clear());
}
