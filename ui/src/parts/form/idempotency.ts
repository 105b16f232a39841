// The key under which a form is sent: the server takes the same key with the same body for the same request.
// Promises a new key as soon as the body is another, so that a changed form is never mistaken for the one before.

import { useRef } from 'react';

/** One key for as long as the body stays the same. */
export function useIdempotencyKey<Body>(): (body: Body) => string {
  const last = useRef({ body: '', key: '' });
  return (request) => {
    const body = JSON.stringify(request);
    if (last.current.body !== body) last.current = { body, key: randomKey() };
    return last.current.key;
  };
}

/** Not `crypto.randomUUID`: over plain http that exists on loopback only. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
