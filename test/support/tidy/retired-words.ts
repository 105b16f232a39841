// Words that the project no longer uses, each with the term that took its place (docs/glossary.md).
// Matched in code, comments, SQL and documents alike, as whole words or parts of a name.

import type { SourceFile, Violation } from './tree.ts';
import { lineAt } from './tree.ts';

const RETIRED: [pattern: RegExp, instead: string][] = [
  [/foretell|foretold/i, 'predict, predicted'],
  [/\b[Ff]ates?\b|fateOf|[a-z]Fate/, 'outcome'],
  [/comes_to\b/, 'results_in, outcome'],
  [/\b[Ll]evers?\b|\blever[A-Z]|[a-z]Lever|\bLEVER/, 'kill switch'],
  [/\b[Oo]ffend|\b[Oo]ffences?\b|[a-z]Offen/, 'violation, violates'],
  [/\b[Jj]udg(e|es|ed|ing|ement|ements)\b|judge[A-Z]|[a-z]Judge|JUDGE/, 'verify, check, assess'],
  [/\blone\b|[a-z]Lone\b|_lone\b|\bLone[A-Z]/, 'standalone'],
  [/\bMOST_/, 'MAX_'],
  [/\bOWN_|Faultline's own/, 'internal'],
  [/\bcut(s|ting)? short\b|\bcut(If|Live|Open)|CutLine/i, 'terminate'],
  [/\bpatien(t|ce|tly)\b/i, 'retry while unavailable'],
  [/\bpaced\b|[a-z]Paced/, 'throttled'],
  [/_LOOKS\b/, '_DISPLAY'],
  [/\bdisturb/i, 'turbulence'],
  [/\bhow manieth\b|\boftener\b|\banew\b|\bfor ever\b|\bdawdl/i, 'plain English'],
  [/\bnarrat(e|or|es)\b/i, 'progress log'],
  [/\bwhoever\b|\bnobody\b|\bsomebody\b/i, 'the name of the subject'],
];

/** The list itself and its test name the words; the changelog of a release never changes. */
const EXEMPT = /^test\/(support\/tidy\/retired-words|tidy\.test)\.ts$/;
const CHECKED = /^(src|ui|reporting|docs|test|scripts|bench|sql)\/|^README\.md$|^CHANGELOG\.md$/;

export function findRetiredWords({ path, text }: SourceFile): Violation[] {
  if (!CHECKED.test(path) || EXEMPT.test(path)) return [];
  return RETIRED.flatMap(([pattern, instead]) =>
    [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(({ 0: word, index }) => ({
      path,
      line: lineAt(text, index),
      rule: 'retired-words',
      message: `"${word}" is retired: ${instead}`,
    })),
  );
}
