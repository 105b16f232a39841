// Random numbers of the seed: sfc32, seeded by splitmix32, in integer arithmetic.
// The same key gives the same draws on every machine and every version of Node.

export interface Random {
  /** A whole number, from and to included. */
  int(from: number, to: number): number;
  /** True in `percent` of 100. */
  chance(percent: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** `count` decimal digits. */
  digits(count: number): string;
}

export function createRandom(...key: number[]): Random {
  const draw = sfc32(key);
  const int = (from: number, to: number) => from + Math.floor((draw() / 0x1_0000_0000) * (to - from + 1));
  return {
    int,
    chance: (percent) => int(0, 99) < percent,
    pick: <T>(items: readonly T[]) => items[int(0, items.length - 1)] as T,
    digits: (count) => Array.from({ length: count }, () => int(0, 9)).join(''),
  };
}

function sfc32(key: readonly number[]): () => number {
  let state = 0x9e3779b9;
  const split = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
  for (const part of key) state = (split() ^ part) | 0;
  let a = split();
  let b = split();
  let c = split();
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  // The first outputs still resemble the key.
  for (let i = 0; i < 12; i++) next();
  return next;
}
