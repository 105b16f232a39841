// The selection and its verbs. It is always there, so that rows do not move.

import { Button, Group, Text } from '@mantine/core';
import { formatCount } from '../../parts/format.ts';
import type { VerbRunner } from '../../parts/tsq/use-tsq-verb.ts';
import { VerbButtons } from '../../parts/tsq/verb-buttons.tsx';
import classes from './tsq-page.module.css';
import type { Selection } from './use-selection.ts';

export interface SelectionBarProps {
  selection: Selection;
  runner: VerbRunner;
  shown: number;
  /** How many match; undefined until known. */
  total: number | undefined;
}

export function SelectionBar({ selection, runner, shown, total = shown }: SelectionBarProps) {
  const { ids, matching } = selection;
  const count = matching ? Math.max(total, ids.length) : ids.length;
  const more = total > shown;
  return (
    <div className={classes.bar} data-testid="selection-bar" data-active={count > 0 || undefined}>
      <Group gap="sm">
        <Text size="sm" fw={count > 0 ? 600 : undefined} c={count > 0 ? undefined : 'dimmed'}>
          {count > 0 && `${matching ? 'All ' : ''}${formatCount(count)} ${matching ? 'that match ' : ''}selected`}
          {count === 0 && `${formatCount(shown)} on this page${more ? ` of ${formatCount(total)}` : ''}`}
        </Text>
        <Button size="compact-xs" variant="subtle" onClick={selection.all ? selection.clear : selection.toggleAll}>
          {selection.all ? 'Select none' : 'Select all on this page'}
        </Button>
        {more && !matching && (
          <Button size="compact-xs" variant="subtle" onClick={selection.selectMatching} data-testid="select-matching">
            Select all {formatCount(total)} that match
          </Button>
        )}
      </Group>
      {count > 0 && <VerbButtons commandIds={ids} count={count} runner={runner} onEnd={selection.clear} />}
    </div>
  );
}
