// Reads bodies: JSON in UTF-8; any other body is refused.
// A route gets exactly what was sent: no number is rounded, no key dropped, no byte replaced.

import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findJsonTextErrors } from '../model/json-text.ts';
import { httpError } from './errors.ts';
import { refuse } from './validate.ts';

/** Refuses other types, such as forms, which any page may send to any server. An empty body counts as no body. */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      refuseEncoded(request);
      // Decoding replaces invalid bytes.
      if (!isUtf8(body as Buffer)) throw httpError('MALFORMED_JSON', 'The body is not valid UTF-8.');
    } catch (error) {
      return done(error as Error);
    }
    const text = body.toString();
    parseJson(request, text, (error, value) => {
      if (error !== null) return done(error);
      try {
        refuse(findJsonTextErrors(text));
      } catch (refusal) {
        return done(refusal as Error);
      }
      done(null, value);
    });
  });
}

function refuseEncoded({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity')
    throw httpError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as it is: it is not decompressed.');
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw httpError('UNSUPPORTED_MEDIA_TYPE', 'Send the body in UTF-8.');
}
