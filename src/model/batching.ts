// Processes many items: page by page, or by halves if one item makes the whole set fail.

/** Yields page after page, each read from where the last one ended; ends when `next` returns null. */
export async function* pages<Page, Cursor>(
  read: (after: Cursor | null) => Promise<Page>,
  next: (page: Page) => Cursor | null,
): AsyncGenerator<Page> {
  let after: Cursor | null = null;
  do {
    const page: Page = await read(after);
    yield page;
    after = next(page);
  } while (after !== null);
}

export interface Bisecting<T, R> {
  run(items: readonly T[]): Promise<R>;
  /** The whole call fails with such an error. */
  isFatal(error: unknown): boolean;
  /** `run` failed for this item alone. */
  onFailed(item: T, error: unknown): Promise<R>;
}

/** Runs over all items; if that fails, over each half, so that a bad item fails alone. Returns all results. */
export async function bisect<T, R>(items: readonly T[], work: Bisecting<T, R>): Promise<R[]> {
  try {
    return [await work.run(items)];
  } catch (error) {
    return bisectFailed(items, error, work);
  }
}

/** The same after `run` failed for all of them. */
export async function bisectFailed<T, R>(items: readonly T[], error: unknown, work: Bisecting<T, R>): Promise<R[]> {
  if (work.isFatal(error)) throw error;
  if (items.length === 1) return [await work.onFailed(items[0] as T, error)];
  const middle = items.length >> 1;
  const first = await bisect(items.slice(0, middle), work);
  return [...first, ...(await bisect(items.slice(middle), work))];
}
