// The frame of a part of a page, the head of a page, and the texts of both.

import { Group, Paper, Text, type TextProps, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './parts.module.css';

export interface PanelProps {
  /** Without a title, the panel has no head. */
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
  /** Lets a table reach the edges. */
  flush?: boolean;
  testId?: string;
}

export function Panel({ title, actions, children, flush, testId }: PanelProps) {
  return (
    <Paper component="section" withBorder className={classes.panel} data-testid={testId}>
      {title && (
        <Group justify="space-between" gap="xs" px="md" pt="sm" mih="2.5rem">
          <Title order={2} size="h5">
            {title}
          </Title>
          {actions}
        </Group>
      )}
      <div className={classes.panelBody} data-flush={flush || undefined}>
        {children}
      </div>
    </Paper>
  );
}

export interface PageHeadProps {
  title: string;
  /** Beside the title, such as a status. */
  badges?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
}

/** Also sets the title of the document. */
export function PageHead({ title, badges, description, actions }: PageHeadProps) {
  return (
    <Group component="header" justify="space-between" align="flex-start" gap="sm" mb="lg">
      <title>{`${title} · Faultline`}</title>
      <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
        <Group gap="0.375rem 0.75rem">
          <Title order={1} size="h2">
            {title}
          </Title>
          {badges}
        </Group>
        {description && (
          <Text c="dimmed" size="sm" component="div" mt={4}>
            {description}
          </Text>
        )}
      </div>
      {actions && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}

/** The heading of a part of a panel. */
export function Heading({ children, ...props }: TextProps & { children: ReactNode }) {
  return (
    <Text size="xs" fw={600} c="dimmed" mb={8} component="h3" {...props}>
      {children}
    </Text>
  );
}

/** A sentence instead of content, or beside it. */
export function Note(props: TextProps & { children: ReactNode; 'data-testid'?: string }) {
  return <Text size="sm" c="dimmed" {...props} />;
}
