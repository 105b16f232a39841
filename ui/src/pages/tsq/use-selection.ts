// The selected rows: some of the page, or all that match on every page. A row that leaves the page leaves the selection.

import { useState } from 'react';

export interface Selection {
  ids: string[];
  has: (id: string) => boolean;
  toggle: (id: string) => void;
  toggleAll: () => void;
  clear: () => void;
  /** All on this page. */
  all: boolean;
  /** All that match, on every page. */
  matching: boolean;
  selectMatching: () => void;
}

/** `scope` identifies the list: another filter is another list, with nothing selected. */
export function useSelection(shown: readonly string[], scope: string): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [everything, setEverything] = useState<string | null>(null);
  const matching = everything === scope && shown.length > 0;
  const ids = matching ? [...shown] : shown.filter((id) => chosen.has(id));
  const all = shown.length > 0 && ids.length === shown.length;
  const choose = (next: ReadonlySet<string>) => {
    setEverything(null);
    setChosen(next);
  };
  return {
    ids,
    all,
    matching,
    has: (id) => matching || chosen.has(id),
    toggle: (id) => {
      const next = new Set(ids);
      if (!next.delete(id)) next.add(id);
      choose(next);
    },
    toggleAll: () => choose(all ? new Set() : new Set(shown)),
    clear: () => choose(new Set()),
    selectMatching: () => setEverything(scope),
  };
}
