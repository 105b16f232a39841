// A cache for rows that are sent as text and often repeat.

/** When the cache is full, it is cleared. */
const MAX_RECORDS = 5_000;
/** Longer texts hardly repeat. */
const MAX_CACHED_LENGTH = 2_000;

/** Parses each text once: 100,000 rows contain a few dozen different ones. The records are shared. */
export function parseEachOnce<R>(parse: (text: string) => R): (text: string) => R {
  const records = new Map<string, R>();
  return (text) => {
    const known = records.get(text);
    if (known !== undefined) return known;
    const record = parse(text);
    if (text.length > MAX_CACHED_LENGTH) return record;
    if (records.size >= MAX_RECORDS) records.clear();
    records.set(text, record);
    return record;
  };
}
