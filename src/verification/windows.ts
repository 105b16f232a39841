// Windows of a batch: runs of ordinals that verifies take one by one until none is left, whoever is free the next.
// The counters are shared memory, so verifies in several threads take from the same ones, and whoever waits sees how far they are.

/** Ordinals from `from` to below `to`. */
export interface Ordinals {
  from: number;
  to: number;
}

export interface WindowTask {
  /** How many ordinals a window has. */
  size: number;
  /** How many windows were taken, and how many processes are verified. */
  counters: SharedArrayBuffer;
}

const TAKEN = 0;
const VERIFIED = 1;

/** So many processes are verified at a time: what is kept of them, documents above all, is dropped between windows. */
const WINDOW = 2_000;

export function createWindows(size: number = WINDOW): WindowTask {
  return { size, counters: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT) };
}

/** Windows begin at multiples of their size, so that they fall together with folders of documents. */
export function countWindows({ from, to }: Ordinals, size: number): number {
  return to <= from ? 0 : Math.floor((to - 1) / size) - Math.floor(from / size) + 1;
}

/** The next window, or null when all are taken. */
export function takeWindow({ size, counters }: WindowTask, { from, to }: Ordinals): Ordinals | null {
  const at = Math.floor(from / size) + Atomics.add(new Int32Array(counters), TAKEN, 1);
  const begin = Math.max(from, at * size);
  return begin < to ? { from: begin, to: Math.min(to, (at + 1) * size) } : null;
}

/** Leaves none to be taken. */
export function endWindows({ counters }: WindowTask): void {
  Atomics.store(new Int32Array(counters), TAKEN, 2 ** 30);
}

export function countVerified({ counters }: WindowTask, processes: number): void {
  Atomics.add(new Int32Array(counters), VERIFIED, processes);
}

/** How many processes are verified, by all verifies together. */
export function verifiedOf({ counters }: WindowTask): number {
  return Atomics.load(new Int32Array(counters), VERIFIED);
}
