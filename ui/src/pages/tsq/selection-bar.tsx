// What can be done with the selected rows, and how far it is. It keeps its place, so that nothing jumps.

import { Button, Group, Progress, Text } from '@mantine/core';
import { formatCount } from '../../parts/format.ts';
import type { VerbRunner } from '../../parts/tsq/use-tsq-verb.ts';
import { VerbButtons } from '../../parts/tsq/verb-buttons.tsx';
import { VERB_WORDS } from '../../parts/tsq/verb-words.ts';
import classes from './tsq-page.module.css';
import type { Selection } from './use-selection.ts';

export interface SelectionBarProps {
  selection: Selection;
  runner: VerbRunner;
  shown: number;
}

export function SelectionBar({ selection, runner, shown }: SelectionBarProps) {
  const { progress } = runner;
  const count = selection.ids.length;
  return (
    <div className={classes.bar} data-testid="selection-bar" data-active={count > 0 || undefined}>
      {progress ? (
        <div className={classes.running}>
          <Text size="sm">
            {VERB_WORDS[progress.verb].doing} {formatCount(progress.ended)} of {formatCount(progress.total)}
          </Text>
          <Progress
            flex={1}
            value={(progress.ended / progress.total) * 100}
            aria-label={VERB_WORDS[progress.verb].doing}
          />
        </div>
      ) : (
        <>
          <Group gap="sm">
            <Text size="sm" fw={count > 0 ? 600 : undefined} c={count > 0 ? undefined : 'dimmed'}>
              {count > 0 ? `${formatCount(count)} selected` : `${formatCount(shown)} on this page`}
            </Text>
            <Button size="compact-xs" variant="subtle" onClick={selection.all ? selection.clear : selection.toggleAll}>
              {selection.all ? 'Select none' : 'Select all on this page'}
            </Button>
          </Group>
          {count > 0 && <VerbButtons commandIds={selection.ids} runner={runner} onRun={selection.clear} />}
        </>
      )}
    </div>
  );
}
