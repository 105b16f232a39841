// The documents of a process, shown in the browser. Which file that is follows from the process's own state, never from the request.
// An HTML document is opened without scripts and without an origin, whatever is in it.

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { findProcess } from '../../db/queries/read-processes.ts';
import { NotFoundError } from '../../model/errors.ts';
import type { ArtifactContent } from '../../process/application.ts';
import type { App, RouteContext } from '../context.ts';
import { idSchema } from '../contract.ts';
import { problemResponse } from '../docs.ts';

const SANDBOX =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'";

export function artifactRoutes(api: App, { pool, application, context }: RouteContext): void {
  api.get(
    '/processes/:process_id/artifacts/:step',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['processes'],
        summary: 'The document that a step of a process stored',
        params: z.object({ process_id: idSchema, step: z.string().min(1).max(80) }),
        response: {
          200: { description: 'The document, with its own content type', content: { '*/*': { schema: z.unknown() } } },
          ...problemResponse,
        },
      },
    },
    async ({ params }, reply) => {
      const process = await findProcess(pool, params.process_id);
      if (process === null) throw new NotFoundError('process', params.process_id);
      const artifact = application.artifacts?.(process).find(({ step }) => step === params.step);
      const content = artifact === undefined ? null : ((await application.openArtifact?.(artifact, context)) ?? null);
      if (content === null) throw new NotFoundError('document', `${params.process_id}/${params.step}`);
      return sendDocument(reply, content);
    },
  );
}

function sendDocument(reply: FastifyReply, content: ArtifactContent): FastifyReply {
  const type = content.content_type;
  reply
    .type(type)
    .header('content-length', content.size_bytes)
    .header('content-disposition', disposition(content.file_name))
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'private, no-cache');
  // Browsers' own viewers, of PDF for one, do not work under a policy; nothing but HTML and SVG runs scripts.
  if (/html|svg|xml/i.test(type)) reply.header('content-security-policy', SANDBOX);
  else reply.removeHeader('content-security-policy');
  return reply.send(content.stream);
}

/** `inline` with the name, in plain ASCII and in full (RFC 6266). */
function disposition(file_name: string): string {
  const plain = file_name.replace(/[^\x20-\x7e]|["\\/]/g, '_');
  return `inline; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(file_name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;
}
