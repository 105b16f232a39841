// Documents: as pairs of names and values where they are flat, as JSON where one wants all of it.

import { Code } from '@mantine/core';
import type { ReactNode } from 'react';
import { humanize } from './format.ts';
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

/** The top level of a document as pairs; what is nested stands as compact JSON. */
export function DocumentPairs({ value, omit = [] }: { value: Record<string, unknown>; omit?: readonly string[] }) {
  const entries = Object.entries(value).filter(([name]) => !omit.includes(name));
  if (entries.length === 0) return <Pairs>{<Pair name="Empty">{'{}'}</Pair>}</Pairs>;
  return (
    <Pairs>
      {entries.map(([name, item]) => (
        <Pair key={name} name={humanize(name)}>
          {plainValue(item)}
        </Pair>
      ))}
    </Pairs>
  );
}

const LONGEST = 160;

function plainValue(value: unknown): ReactNode {
  if (value === null || value === undefined) return <span style={{ opacity: 0.6 }}>none</span>;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
    return shorten(value.join(', ')) || 'none';
  }
  if (typeof value === 'object') return <Code>{shorten(JSON.stringify(value))}</Code>;
  return shorten(String(value));
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
