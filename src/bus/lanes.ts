// Chooses the lane of new rows.

/** The number of consecutive rows that share a lane, so that they are inserted together. */
export const CHUNK_SIZE = 1_000;

/** The lane for the n-th of many new rows. */
export function laneOfOrdinal(ordinal: number, lanes: number): number {
  return Math.floor(ordinal / CHUNK_SIZE) % lanes;
}
