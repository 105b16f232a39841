// Documents: as pairs of names and values where they are flat, as JSON where one wants all of it.

import { Code } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatCount, humanize } from './format.ts';
import { CopyIcon } from './id.tsx';
import classes from './parts.module.css';

export function JsonView({ value, label }: { value: unknown; label: string }) {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  return (
    <div className={classes.jsonFrame}>
      {/* It scrolls, so it must be reachable by keyboard. */}
      <Code block className={classes.json} tabIndex={0} role="region" aria-label={label}>
        {text}
      </Code>
      <span className={classes.jsonCopy}>
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

export function Pair({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** The top level of a document as pairs, `first` ones first; what is nested stands as compact JSON. */
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
  /** Names in the order in which they should stand; the database keeps none. */
  first?: readonly string[];
  omit?: readonly string[];
}

const LONGEST = 160;
const MAX_LINES = 6;

function plainValue(value: unknown): ReactNode {
  if (value === null || value === undefined) return <span style={{ opacity: 0.7 }}>none</span>;
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
        // biome-ignore lint/suspicious/noArrayIndexKey: a list that is only shown, and may hold the same text twice
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
