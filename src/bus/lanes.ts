// Lanes: a writing statement names one lane, so sets are grouped by lane first.

/** Neighbors that share a lane, so that they are inserted together. */
export const CHUNK_SIZE = 1_000;

/** The lane for the n-th of many new rows. */
export function laneOfOrdinal(ordinal: number, lanes: number): number {
  return Math.floor(ordinal / CHUNK_SIZE) % lanes;
}

export function byLane<T>(items: readonly T[], laneOf: (item: T) => number): Map<number, T[]> {
  const lanes = new Map<number, T[]>();
  for (const item of items) {
    const lane = laneOf(item);
    const group = lanes.get(lane);
    if (group) group.push(item);
    else lanes.set(lane, [item]);
  }
  return lanes;
}
