// Classes that all copies of this package recognize: an application may load it as ESM and CommonJS, or two versions.
// `instanceof` of such a class recognizes an instance whichever copy created it, and never throws.

const BRAND = Symbol.for('faultline.error');

type Class = abstract new (...given: never[]) => object;

const isOrdinaryInstance = Function.prototype[Symbol.hasInstance];

/** Marks the instances of `marked` and its subclasses. `instanceof` of an application's own subclass works as usual. */
export function brand(name: string, marked: Class): void {
  const inherited: readonly string[] = marked.prototype[BRAND] ?? [];
  Object.defineProperty(marked.prototype, BRAND, { value: [...inherited, name] });
  Object.defineProperty(marked, Symbol.hasInstance, {
    value(this: Class, value: unknown) {
      return this === marked ? isBranded(value, name) : isInstance(this, value);
    },
  });
}

/** Any value can be thrown, even one that throws when it is inspected. */
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
