// The page: its built files, and its one document for every address that is not a file, because the page routes by itself.
// Files whose names hold a hash are kept forever, the document is asked for again each time.

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

/** Is there a page built into this folder? */
export function hasPage(ui_dir: string | undefined): ui_dir is string {
  return ui_dir !== undefined && existsSync(join(ui_dir, 'index.html'));
}

/** A person asking for an address of the page, rather than a program asking for something that is not there. */
export function wantsPage(request: FastifyRequest): boolean {
  const reads = request.method === 'GET' || request.method === 'HEAD';
  return reads && !/^\/api(\/|$|\?)/.test(request.url) && (request.headers.accept ?? '').includes('text/html');
}

export function sendPage(reply: FastifyReply): FastifyReply {
  return reply.sendFile('index.html');
}
