// Idempotency keys: a repeated request has the same key and the same content.

import { createHash } from 'node:crypto';
import type { Idempotency } from '../db/queries/idempotency.ts';
import { isPlainObject } from '../model/storable.ts';

/**
 * The key, and a hash of the request that does not depend on the order of its fields. Callers ensure
 * that equal bodies of different routes differ in `asked`.
 */
export function readIdempotency(headers: { 'idempotency-key'?: string }, asked: unknown): Idempotency | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  return { key, request_hash: createHash('sha256').update(canonicalJson(asked)).digest('hex') };
}

/** JSON with the keys of every object in order. */
function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      isPlainObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
    ) ?? ''
  );
}
