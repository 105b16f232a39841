// Idempotency keys: what makes two requests the same.

import { createHash } from 'node:crypto';
import type { Idempotency } from '../db/queries/idempotency.ts';
import { isPlainObject } from '../model/storable.ts';

/** The key as sent, and a hash of what was asked for, whatever the order of its fields. Equal bodies of different routes must differ. */
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
