// The documents of a process, shown in the browser. The file depends on the state of the process, not on the request.
// An HTML document is opened without scripts and without an origin.

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { findProcess } from '../../db/queries/read-processes.ts';
import { orNotFound } from '../../model/errors.ts';
import type { ArtifactContent } from '../../process/application.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { route } from '../route.ts';

const SANDBOX =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'";

export function artifactRoutes(api: App, { pool, application, context }: RouteContext): void {
  api.get(
    '/processes/:process_id/artifacts/:step',
    route(
      'processes',
      'Open the document that a step of a process stored',
      { description: 'The document, with its own content type', content: { '*/*': { schema: z.unknown() } } },
      { params: wire.processParams.extend({ step: z.string().min(1).max(80) }), exposeHeadRoute: false },
    ),
    async ({ params: { process_id, step } }, reply) => {
      const process = orNotFound(await findProcess(pool, process_id), 'process', process_id);
      const artifact = application.artifacts?.(process).find((artifact) => artifact.step === step);
      const content = artifact && (await application.openArtifact?.(artifact, context));
      return sendDocument(reply, orNotFound(content, 'document', `${process_id}/${step}`));
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
  // The viewers of browsers, such as that for PDF, do not work under a policy; only HTML and SVG run scripts.
  if (/html|svg|xml/i.test(type)) reply.header('content-security-policy', SANDBOX);
  else reply.removeHeader('content-security-policy');
  return reply.send(content.stream);
}

/** `inline` with the name, in plain ASCII and in full (RFC 6266). */
function disposition(file_name: string): string {
  const plain = file_name.replace(/[^\x20-\x7e]|["\\/]/g, '_');
  return `inline; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(file_name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;
}
