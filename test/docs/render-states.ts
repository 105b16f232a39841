// Renders docs/states.md from the transition tables of the model: a diagram and a table each.

import { COMMAND_TRANSITIONS } from '../../src/model/command.ts';
import { PROCESS_TRANSITIONS } from '../../src/model/process.ts';

interface Edge {
  from: string | null;
  to: string;
  label: string;
}

export function renderStates(): string {
  return [
    '# States',
    '',
    'Rendered from `COMMAND_TRANSITIONS` and `PROCESS_TRANSITIONS` in `src/model` by `npm run docs`; do not edit.',
    'No other change of status happens.',
    '',
    '## Commands',
    '',
    ...renderDiagram(COMMAND_TRANSITIONS.map(({ from, to, by }) => ({ from, to, label: by }))),
    '',
    '| from | to | by | when | reply |',
    '|---|---|---|---|---|',
    ...COMMAND_TRANSITIONS.map(
      ({ from, to, by, when, reply }) => `| ${from ?? '-'} | ${to} | ${by} | ${when} | ${reply ?? '-'} |`,
    ),
    '',
    `Terminal: ${terminal(COMMAND_TRANSITIONS).join(', ')}. They never change.`,
    '',
    '## Processes',
    '',
    ...renderDiagram(PROCESS_TRANSITIONS.map(({ from, to, when }) => ({ from, to, label: when }))),
    '',
    '| from | to | when |',
    '|---|---|---|',
    ...PROCESS_TRANSITIONS.map(({ from, to, when }) => `| ${from ?? '-'} | ${to} | ${when} |`),
    '',
    `Terminal: ${terminal(PROCESS_TRANSITIONS).join(', ')}. They never change.`,
    '',
  ].join('\n');
}

function renderDiagram(edges: Edge[]): string[] {
  // Mermaid ends a label at a colon or a semicolon.
  const plain = (label: string) => label.replaceAll(/[:;]/g, ',');
  const labels = new Map<string, string[]>();
  for (const { from, to, label } of edges) {
    const arrow = `${from ?? '[*]'} --> ${to}`;
    labels.set(arrow, [...(labels.get(arrow) ?? []), plain(label)]);
  }
  const ends = terminal(edges).map((status) => `  ${status} --> [*]`);
  const arrows = [...labels].map(([arrow, texts]) => `  ${arrow} : ${texts.join(' / ')}`);
  return ['```mermaid', 'stateDiagram-v2', ...arrows, ...ends, '```'];
}

function terminal(edges: readonly { from: string | null; to: string }[]): string[] {
  const left = new Set(edges.map(({ from }) => from));
  return [...new Set(edges.map(({ to }) => to))].filter((status) => !left.has(status));
}
