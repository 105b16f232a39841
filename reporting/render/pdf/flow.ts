// The position of the next element: it moves down the page, and to a new page when there is no room.

import { PAGE, type Paper } from './paper.ts';

/** Where contents begin on pages after the first, under the running header. */
const CONTINUED_TOP = 84;

export class Flow {
  readonly paper: Paper;
  readonly #drawHeader: (paper: Paper) => void;
  y: number = PAGE.top;

  /** `drawHeader` is called for each page after the first. */
  constructor(paper: Paper, drawHeader: (paper: Paper) => void) {
    this.paper = paper;
    this.#drawHeader = drawHeader;
  }

  hasRoom(height: number): boolean {
    return this.y + height <= PAGE.bottom;
  }

  newPage(): void {
    this.paper.addPage();
    this.#drawHeader(this.paper);
    this.y = CONTINUED_TOP;
  }

  /** Makes sure that `height` fits under the current place; true when that took a new page. */
  need(height: number): boolean {
    if (this.hasRoom(height)) return false;
    this.newPage();
    return true;
  }
}
