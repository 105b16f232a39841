// Reads the search parameters of a URL. They may be anything: what a page does not know is left out.

type Reader = (value: unknown) => unknown;

export type Search<Fields extends Record<string, Reader>> = {
  [Name in keyof Fields]?: Exclude<ReturnType<Fields[Name]>, undefined> | undefined;
};

/** A validator for a route: each parameter read by its own function. */
export function searchOf<Fields extends Record<string, Reader>>(fields: Fields) {
  return (search: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).map(([name, read]) => [name, read(search[name])])) as Search<Fields>;
}

/** The router reads `?code=404` as a number; it is still text. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value || undefined;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

export function oneOf<Key extends string>(known: Record<Key, unknown>) {
  return (value: unknown): Key | undefined => {
    const key = text(value);
    return key !== undefined && Object.hasOwn(known, key) ? (key as Key) : undefined;
  };
}

export function flag(value: unknown): boolean | undefined {
  const word = text(value);
  return word === 'true' ? true : word === 'false' ? false : undefined;
}
