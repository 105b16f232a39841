// Finds the folder of the package, from the sources or the compiled files. It contains sql/ and the bundle of the page.

import { existsSync } from 'node:fs';

function findRoot(from: URL): URL {
  for (let at = new URL('.', from); ; at = new URL('..', at)) {
    if (existsSync(new URL('package.json', at)) && existsSync(new URL('sql/', at))) return at;
    if (at.pathname === '/' || at.pathname === new URL('..', at).pathname) {
      throw new Error('The package folder of faultline (package.json beside sql/) was not found.');
    }
  }
}

/** The package's folder, as a URL ending in a slash. */
export const packageRoot: URL = findRoot(new URL(import.meta.url));
