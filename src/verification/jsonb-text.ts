// The text that PostgreSQL gives for a document, made from a value: so that most documents need not be parsed to be compared.
// A text that is the same says so for certain. One that differs says nothing: some numbers are written otherwise.

/** The keys of objects that were made by the same code, as they came and as jsonb orders them: by length, then by bytes. */
interface Shape {
  keys: string[];
  ordered: { key: string; written: string }[];
}

/** One for each number of keys: objects of a kind come one after another. */
const shapes: (Shape | undefined)[] = [];
const MAX_KEYS = 100;

/** In no text of PostgreSQL: what JSON leaves out, or writes in a way of its own. */
const UNWRITTEN = '?';

/** Deeper ones are compared without their text. */
const DEEPEST = 50;

/** What `value::jsonb::text` is, or a text that no document has. */
export function jsonbText(value: unknown, levels = DEEPEST): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null)
    return JSON.stringify(value);
  if (levels === 0 || typeof value !== 'object' || 'toJSON' in value) return UNWRITTEN;
  if (Array.isArray(value)) return `[${value.map((item) => jsonbText(item, levels - 1)).join(', ')}]`;
  let text = '';
  for (const { key, written } of shapeOf(value).ordered)
    text += (text === '' ? '' : ', ') + written + jsonbText((value as Record<string, unknown>)[key], levels - 1);
  return `{${text}}`;
}

function shapeOf(value: object): Shape {
  const keys = Object.keys(value);
  const known = shapes[keys.length];
  if (known?.keys.every((key, at) => key === keys[at])) return known;
  const ordered = keys
    .map((key) => ({ key, written: `${JSON.stringify(key)}: `, bytes: Buffer.from(key) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || a.bytes.compare(b.bytes));
  const shape = { keys, ordered };
  if (keys.length < MAX_KEYS) shapes[keys.length] = shape;
  return shape;
}
