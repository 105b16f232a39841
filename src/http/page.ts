// The page: its built files, and one document for every other address, because the page does its own routing.
// Files with a hash in their names are cached forever, the document is not.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export async function servePage(app: FastifyInstance, ui_dir: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: ui_dir,
    schemaHide: true,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders: (reply, path) => {
      const hashed = path.startsWith(join(ui_dir, 'assets'));
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

export function hasPage(ui_dir: string | undefined): ui_dir is string {
  return ui_dir !== undefined && existsSync(join(ui_dir, 'index.html'));
}

/** A browser navigating to an address of the page, rather than a program asking for something unknown. */
export function wantsPage(request: FastifyRequest): boolean {
  const reads = request.method === 'GET' || request.method === 'HEAD';
  return reads && !/^\/api(\/|$|\?)/.test(request.url) && (request.headers.accept ?? '').includes('text/html');
}

export function sendPage(reply: FastifyReply): FastifyReply {
  return reply.sendFile('index.html');
}
