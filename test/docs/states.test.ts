// docs/states.md matches the transition tables, and the tables are consistent.

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMAND_STATUSES, COMMAND_TRANSITIONS } from '../../src/model/command.ts';
import { PROCESS_STATUSES, PROCESS_TRANSITIONS, TERMINAL_PROCESS_STATUSES } from '../../src/model/process.ts';
import { renderStates } from './render-states.ts';

const page = new URL('../../docs/states.md', import.meta.url);

test('docs/states.md is what the tables render to (update: npm run docs)', async () => {
  // A missing file would be written as a new snapshot.
  expect(existsSync(page)).toBe(true);
  await expect(renderStates()).toMatchFileSnapshot(page.pathname);
});

test.each([
  ['command', COMMAND_STATUSES, COMMAND_TRANSITIONS],
  ['process', PROCESS_STATUSES, PROCESS_TRANSITIONS],
] as const)('every %s status can be reached from the start', (_name, statuses, transitions) => {
  const reached = new Set<string | null>([null]);
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    for (const { from, to } of transitions) if (reached.has(from)) reached.add(to);
  }
  expect(statuses.filter((status) => !reached.has(status))).toEqual([]);
});

test('the terminal statuses of a process are those that nothing leaves', () => {
  const left = new Set(PROCESS_TRANSITIONS.map(({ from }) => from));
  expect(PROCESS_STATUSES.filter((status) => !left.has(status))).toEqual([...TERMINAL_PROCESS_STATUSES]);
});
