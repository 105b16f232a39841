// Rows whose values many of them have in common: sent as one text, parsed once for each that is different.

/** So many different records are kept; then all are forgotten, and the next one is parsed again. */
const MAX_RECORDS = 5_000;
/** Longer ones are hardly met twice, and take room. */
const LONGEST_KEPT = 2_000;

/** Parses each text once: a hundred thousand rows hold a few dozen different ones. What it gives out is shared. */
export function parseEachOnce<R>(parse: (text: string) => R): (text: string) => R {
  const records = new Map<string, R>();
  return (text) => {
    const known = records.get(text);
    if (known !== undefined) return known;
    const record = parse(text);
    if (text.length > LONGEST_KEPT) return record;
    if (records.size >= MAX_RECORDS) records.clear();
    records.set(text, record);
    return record;
  };
}
