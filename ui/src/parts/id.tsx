// Ids and seeds: short in rows with the whole on hover, and a button that copies them.

import { ActionIcon, CopyButton, Group, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { shortId } from './format.ts';
import classes from './parts.module.css';

export function ShortId({ id }: { id: string }) {
  return (
    <span className={`${classes.id} ${classes.shortId}`} title={id}>
      {shortId(id)}
    </span>
  );
}

export function FullId({ id, label }: { id: string; label: string }) {
  return (
    <Group gap={2} wrap="nowrap">
      <span className={classes.id}>{id}</span>
      <CopyIcon value={id} label={`Copy ${label}`} />
    </Group>
  );
}

export function CopyIcon({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <ActionIcon variant="subtle" color={copied ? 'teal' : 'gray'} size="sm" onClick={copy} aria-label={label}>
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

export function Seed({ seed }: { seed: string }) {
  return (
    <Group component="span" display="inline-flex" gap={2} wrap="nowrap" ff="monospace">
      {seed}
      <CopyIcon value={seed} label="Copy seed" />
    </Group>
  );
}
