// Renders docs/mutants.md from the list of mutants.

/** One fence, lock or guard, and its removal. `caught_by`: the test that noticed, as `file: full name`. */
export interface Mutant {
  name: string;
  removes: string;
  file: string;
  find: string;
  replace: string;
  tests: string[];
  caught_by: string | null;
}

const INTRODUCTION = `# Mutants

Each row removes one fence, lock or guard from the sources; the test in the same row then fails. So each guard is needed, and its
removal is noticed. \`npm run mutants\` repeats this on a copy of the sources, and \`npm run mutants -- --only <name>\` does so for
one row. \`npm run docs\` renders this page from [the list](../test/conformance/mutants.json).
`;

export function renderMutants(mutants: readonly Mutant[]): string {
  const files = [...new Set(mutants.map(({ file }) => file))].sort();
  return [INTRODUCTION, ...files.map((file) => section(file, mutants))].join('\n');
}

function section(file: string, mutants: readonly Mutant[]): string {
  const rows = mutants.filter((mutant) => mutant.file === file).map(row);
  return [`## [${file}](../${file})`, '', '| removed guard | name | caught by |', '|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

function row({ name, removes, caught_by }: Mutant): string {
  const [file = '', title = ''] = caught_by?.split(/: (.*)/s) ?? [];
  return `| ${cell(removes)} | \`${name}\` | [${file.replace(/^test\//, '')}](../${file}): ${cell(title)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
