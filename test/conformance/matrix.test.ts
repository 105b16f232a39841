// The conformance matrix: at every crash point, with every outcome that can be under way there, a whole service is killed
// outright (SIGKILL by its own hand). Its successor takes over, and in the end nothing is lost, doubled or left behind.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtFolder } from '../support/built.ts';
import { CELLS, IMPOSSIBLE, OUTCOMES } from './crash-points.ts';
import { dieInARow, type Findings, killServices } from './deaths.ts';
import { findAllViolations } from './invariants.ts';

const findings: Findings = new Map();

beforeAll(async () => {
  await builtFolder();
}, 120_000);

/** Two rows of deaths go on side by side, each on a database of its own. */
const halves = [0, 1].map((half) => CELLS.filter((_, index) => index % 2 === half));

test.concurrent.each(halves.map((cells, index) => [index + 1, cells] as const))(
  'killed at every point with every outcome, each leaves all it had to the next (row %i)',
  { timeout: 600_000 },
  async (_row, cells) => {
    const row = await dieInARow(cells);
    const violations = await findAllViolations(row.pool);
    for (const [cell, finding] of row.findings) {
      // What is wrong with a batch is wrong with its cell; what is wrong with everything together, with all of them.
      const violation = violations.find(({ rule }) => rule.startsWith(`${cell.domain}:`) || !/^\w+\.\w+:/.test(rule));
      findings.set(cell, finding ?? violation?.rule);
    }
    const untrue = [...row.findings].filter(([, finding]) => finding !== undefined);
    expect(untrue.map(([{ domain }, finding]) => `${domain}: ${finding}`)).toEqual([]);
    expect(row.findings.size).toBe(cells.length);
    expect(violations).toEqual([]);
  },
);

afterAll(() => {
  killServices();
  const stateOf = (point: keyof typeof IMPOSSIBLE, outcome: (typeof OUTCOMES)[number]) => {
    if (IMPOSSIBLE[point][outcome] !== undefined) return 'n.a.';
    const cell = CELLS.find((one) => one.point === point && one.outcome === outcome);
    if (cell === undefined || !findings.has(cell)) return 'not run';
    return findings.get(cell) === undefined ? 'survived' : 'FAILED';
  };
  const lines = (Object.keys(IMPOSSIBLE) as (keyof typeof IMPOSSIBLE)[]).map((point) =>
    [point.padEnd(17), ...OUTCOMES.map((outcome) => stateOf(point, outcome).padEnd(13))].join(' '),
  );
  console.log([['killed at'.padEnd(17), ...OUTCOMES.map((o) => o.padEnd(13))].join(' '), ...lines].join('\n'));
});
