// Files beside the code that a compiler does not copy: the ledger's SQL and the fonts.
// Found from the sources as well as from the compiled files, by the package's own folder.

import { existsSync } from 'node:fs';

function findReporting(from: URL): URL {
  for (let at = new URL('.', from); ; at = new URL('..', at)) {
    const candidate = new URL('reporting/', at);
    if (existsSync(new URL('package.json', at)) && existsSync(new URL('sql/', candidate))) return candidate;
    if (at.pathname === '/' || at.href === new URL('..', at).href) {
      throw new Error('The folder reporting/ of the package, with its sql/ and fonts/, was not found.');
    }
  }
}

/** The folder that holds `sql/` and `fonts/`, as a URL ending in a slash. */
export const reportingFolder: URL = findReporting(new URL(import.meta.url));
