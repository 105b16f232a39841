// Renders the drawing of the layers in docs/architecture.md from the table of import zones.

import { LAYERS } from '../support/tidy/zones.ts';

/** A mermaid flowchart. An arrow that follows from others is left out. */
export function renderLayers(): string {
  const imports = new Map(LAYERS.map((layer) => [layer.name, layer.imports]));
  const arrows = [...LAYERS].reverse().flatMap(({ name, imports: below, types = [] }) => {
    const implied = new Set(below.flatMap((target) => imports.get(target) ?? []));
    return [
      ...below.filter((target) => !implied.has(target)).map((target) => `  ${name} --> ${target}`),
      ...types.map((target) => `  ${name} -. types .-> ${target}`),
    ];
  });
  return ['```mermaid', 'flowchart TD', ...arrows, '```'].join('\n');
}
