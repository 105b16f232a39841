// The page of mutants, from their list.

/** One fence, lock or guard, and how to take it out. `caught_by`: the test that noticed, as `file: full name`. */
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

Each line takes one fence, lock or guard out of the sources. The test beside it then fails: so it is not there for nothing, and
nobody takes it out unnoticed. \`npm run mutants\` does all of it again on a copy of the sources; \`npm run mutants -- --only <name>\`
does one. Rendered from [the list](../test/conformance/mutants.json) by \`npm run docs\`.
`;

export function renderMutants(mutants: readonly Mutant[]): string {
  const files = [...new Set(mutants.map(({ file }) => file))].sort();
  return [INTRODUCTION, ...files.map((file) => section(file, mutants))].join('\n');
}

function section(file: string, mutants: readonly Mutant[]): string {
  const rows = mutants.filter((mutant) => mutant.file === file).map(row);
  return [`## [${file}](../${file})`, '', '| without | as | caught by |', '|---|---|---|', ...rows, ''].join('\n');
}

function row({ name, removes, caught_by }: Mutant): string {
  const [file = '', title = ''] = caught_by?.split(/: (.*)/s) ?? [];
  return `| ${cell(removes)} | \`${name}\` | [${file.replace(/^test\//, '')}](../${file}): ${cell(title)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
