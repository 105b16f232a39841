// Documents: their top level as pairs of names and values, or all of it as JSON.

import { Code } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatCount, humanize } from './format.ts';
import { CopyIcon } from './id.tsx';
import classes from './parts.module.css';

export function JsonView({ value, label }: { value: unknown; label: string }) {
  return <CodeView text={JSON.stringify(value, null, 2) ?? 'null'} label={label} />;
}

/** Text in a frame of its own, with a button that copies it. */
export function CodeView({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.codeFrame}>
      {/* It scrolls, so the keyboard must reach it. */}
      <Code block className={classes.code} tabIndex={0} role="region" aria-label={label}>
        {text}
      </Code>
      <span className={classes.codeCopy}>
        <CopyIcon value={text} label={`Copy ${label}`} />
      </span>
    </div>
  );
}

/** Names and values in two columns. */
export function Pairs({ children, testId }: { children: ReactNode; testId?: string }) {
  return (
    <dl className={classes.pairs} data-testid={testId}>
      {children}
    </dl>
  );
}

/** Nothing without a value. */
export function Pair({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === undefined || children === false || children === '') return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** The top level of a document as pairs, `first` ones first; nested values as compact JSON. */
export function DocumentPairs({ value, first = [], omit = [] }: DocumentPairsProps) {
  const names = [...new Set([...first, ...Object.keys(value)])].filter((name) => name in value && !omit.includes(name));
  if (names.length === 0) return <span style={{ opacity: 0.7 }}>Empty</span>;
  return (
    <Pairs>
      {names.map((name) => (
        <Pair key={name} name={humanize(name)}>
          {plainValue(value[name])}
        </Pair>
      ))}
    </Pairs>
  );
}

export interface DocumentPairsProps {
  value: Record<string, unknown>;
  /** Names in their order: the database keeps none. */
  first?: readonly string[];
  omit?: readonly string[];
}

const LONGEST = 160;
const MAX_LINES = 6;

function plainValue(value: unknown): ReactNode {
  if (value === null || value === undefined) return <span style={{ opacity: 0.7 }}>none</span>;
  if (value === '') return <span style={{ opacity: 0.7 }}>empty</span>;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return <Lines items={value.map(String)} />;
  if (typeof value === 'object') return <Code>{shorten(JSON.stringify(value))}</Code>;
  return shorten(String(value));
}

function Lines({ items }: { items: string[] }) {
  const rest = items.length - MAX_LINES;
  return (
    <>
      {items.slice(0, MAX_LINES).map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a list without state, which may hold equal texts
        <div key={index}>{shorten(item)}</div>
      ))}
      {rest > 0 && <div>and {formatCount(rest)} more</div>}
      {items.length === 0 && 'none'}
    </>
  );
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
