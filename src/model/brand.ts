// Classes that are known across copies of this package: one application may hold two, as ESM and CommonJS, or in two versions.
// Promises that `instanceof` of such a class knows its instances whichever copy made them, and never throws.

const BRAND = Symbol.for('faultline.error');

type Class = abstract new (...given: never[]) => object;

const isOrdinaryInstance = Function.prototype[Symbol.hasInstance];

/** Marks the instances of `marked` and of what extends it; a class of an application's own that does is compared as ever. */
export function brand(name: string, marked: Class): void {
  const inherited: readonly string[] = marked.prototype[BRAND] ?? [];
  Object.defineProperty(marked.prototype, BRAND, { value: [...inherited, name] });
  Object.defineProperty(marked, Symbol.hasInstance, {
    value(this: Class, value: unknown) {
      return this === marked ? isBranded(value, name) : isInstance(this, value);
    },
  });
}

/** Anything can be thrown, also what throws when it is looked at. */
function isBranded(value: unknown, name: string): boolean {
  try {
    const names: unknown = (value as { [BRAND]?: unknown } | null | undefined)?.[BRAND];
    return Array.isArray(names) && names.includes(name);
  } catch {
    return false;
  }
}

function isInstance(of: Class, value: unknown): boolean {
  try {
    return isOrdinaryInstance.call(of, value);
  } catch {
    return false;
  }
}
