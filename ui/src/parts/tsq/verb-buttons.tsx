// The three verbs as buttons, for one command or for many, with the dialogs they ask in.

import { ActionIcon, Button, Group, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { TSQ_VERBS, type TsqVerb } from '../../api/tsq.ts';
import type { VerbRunner } from './use-tsq-verb.ts';
import { CancelDialog, CompleteDialog, RetryDialog } from './verb-dialogs.tsx';
import { VERB_LABELS } from './verb-labels.ts';

export interface VerbButtonsProps {
  commandIds: readonly string[];
  /** How many it is about, where they are too many to be named. */
  count?: number;
  runner: VerbRunner;
  /** Where there is no room for words; they are still there for screen readers and on hover. */
  iconsOnly?: boolean;
  /** Called when a verb has ended. */
  onRun?: () => void;
}

export function VerbButtons({ commandIds, count = commandIds.length, runner, iconsOnly, onRun }: VerbButtonsProps) {
  const [asking, setAsking] = useState<TsqVerb | null>(null);

  const start = async (verb: TsqVerb, body?: Parameters<VerbRunner['run']>[2]) => {
    setAsking(null);
    await runner.run(verb, commandIds, body);
    onRun?.();
  };

  return (
    <Group gap={6} wrap="nowrap">
      {TSQ_VERBS.map((verb) => {
        const { label, hint, icon: Icon } = VERB_LABELS[verb];
        const control = {
          variant: 'default',
          disabled: runner.busy || count === 0,
          // One command that is retried for nothing has lost nothing.
          onClick: () => (verb === 'retry' && count === 1 ? start(verb) : setAsking(verb)),
          'data-testid': `verb-${verb}`,
        };
        return (
          <Tooltip key={verb} label={iconsOnly ? `${label}: ${hint.toLowerCase()}` : hint}>
            {iconsOnly ? (
              <ActionIcon {...control} size={28} aria-label={label}>
                <Icon size={15} stroke={1.8} aria-hidden />
              </ActionIcon>
            ) : (
              <Button {...control} size="compact-sm" leftSection={<Icon size={14} stroke={1.8} aria-hidden />}>
                {label}
              </Button>
            )}
          </Tooltip>
        );
      })}
      <RetryDialog
        count={asking === 'retry' ? count : null}
        onClose={() => setAsking(null)}
        onConfirm={(body) => start('retry', body)}
      />
      <CancelDialog
        count={asking === 'cancel' ? count : null}
        onClose={() => setAsking(null)}
        onConfirm={(body) => start('cancel', body)}
      />
      <CompleteDialog
        count={asking === 'complete' ? count : null}
        onClose={() => setAsking(null)}
        onConfirm={(body) => start('complete', body)}
      />
    </Group>
  );
}
