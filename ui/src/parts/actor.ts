// Who acts: the name that operator verbs carry, kept in this browser only.
// Promises an empty name rather than a failure where storage is forbidden.

import { useSyncExternalStore } from 'react';

const KEY = 'faultline-actor';
const MAX_LENGTH = 100;
const listeners = new Set<() => void>();

function readActor(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

export function setActor(name: string): void {
  try {
    localStorage.setItem(KEY, name.trim().slice(0, MAX_LENGTH));
  } catch {
    // Without storage the name lasts no longer than the page; verbs then go out as the server's default.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('storage', listener);
  };
}

export function useActor(): string {
  return useSyncExternalStore(subscribe, readActor);
}

/** The part of a verb's body that says who acts; nothing when no name was given. */
export function actorBody(actor: string): { actor?: string } {
  return actor ? { actor } : {};
}
