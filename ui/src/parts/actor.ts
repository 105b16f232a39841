// The actor: the name that operator verbs carry, kept in this browser only. Empty where storage is forbidden.

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
    // Without storage, verbs go out with the server's default actor.
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

/** The actor in a verb's body; absent without a name. */
export function actorBody(actor: string): { actor?: string } {
  return actor ? { actor } : {};
}
