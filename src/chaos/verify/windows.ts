// Windows of a batch: runs of ordinals that judges take one by one until none is left, whoever is free the next.
// The counter is shared memory, so judges in several threads take from the same one.

/** Ordinals from `from` to below `to`. */
export interface Ordinals {
  from: number;
  to: number;
}

export interface WindowTask {
  /** How many ordinals a window has. */
  size: number;
  /** How many windows were taken. */
  taken: SharedArrayBuffer;
}

/** So many processes are judged at a time: what is kept of them, documents above all, is dropped between windows. */
export const WINDOW = 2_000;

export function createWindows(size: number): WindowTask {
  return { size, taken: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) };
}

/** Windows begin at multiples of their size, so that they fall together with folders of documents. */
export function countWindows({ from, to }: Ordinals, size: number): number {
  return to <= from ? 0 : Math.floor((to - 1) / size) - Math.floor(from / size) + 1;
}

/** The next window, or null when all are taken. */
export function takeWindow({ size, taken }: WindowTask, { from, to }: Ordinals): Ordinals | null {
  const at = Math.floor(from / size) + Atomics.add(new Int32Array(taken), 0, 1);
  const begin = Math.max(from, at * size);
  return begin < to ? { from: begin, to: Math.min(to, (at + 1) * size) } : null;
}

/** Leaves none to be taken. */
export function endWindows({ taken }: WindowTask): void {
  Atomics.store(new Int32Array(taken), 0, 2 ** 30);
}
