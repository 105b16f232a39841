// The three verbs of troubleshooting as buttons, for one command or for many, with their dialogs.

import { ActionIcon, Button, Group, Tooltip } from '@mantine/core';
import { useState } from 'react';
import type { VerbBody } from '../../../../src/http/contract.ts';
import { TSQ_VERBS, type TsqVerb } from '../../api/tsq.ts';
import { JsonField } from '../form/json-field.tsx';
import { jsonError } from '../form/json-text.ts';
import VerbDialog from '../form/verb-dialog.tsx';
import { pluralize } from '../format.ts';
import type { VerbRunner } from './use-tsq-verb.ts';
import { VERB_LABELS } from './verb-labels.ts';

export interface VerbButtonsProps {
  commandIds: readonly string[];
  /** How many commands there are, when not all are named. */
  count?: number;
  runner: VerbRunner;
  /** For narrow places: the labels are shown on hover and read by screen readers. */
  iconsOnly?: boolean;
  onEnd?: () => void;
}

export function VerbButtons({ commandIds, count = commandIds.length, runner, iconsOnly, onEnd }: VerbButtonsProps) {
  const [asking, setAsking] = useState<TsqVerb | null>(null);
  const run = (verb: TsqVerb, body: VerbBody = {}) => runner.run(verb, commandIds, body, onEnd);
  return (
    <Group gap={6} wrap="nowrap">
      {TSQ_VERBS.map((verb) => {
        const { label, hint, icon: Icon } = VERB_LABELS[verb];
        const control = {
          variant: 'default',
          disabled: runner.busy || count === 0,
          // A single retry needs no confirmation: nothing is lost by it.
          onClick: () => (verb === 'retry' && count === 1 ? run(verb) : setAsking(verb)),
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
      {asking && <TsqDialog verb={asking} count={count} onClose={() => setAsking(null)} onConfirm={run} />}
    </Group>
  );
}

interface TsqDialogProps {
  verb: TsqVerb;
  count: number;
  onClose: () => void;
  onConfirm: (verb: TsqVerb, body: VerbBody) => void;
}

function TsqDialog({ verb, count, onClose, onConfirm }: TsqDialogProps) {
  const [result, setResult] = useState('');
  const [isTried, setIsTried] = useState(false);
  const { label, by, text, color, keep, reason } = VERB_LABELS[verb];
  const isInvalid = result.trim() !== '' && jsonError(result) !== null;
  const confirm = (given: string) =>
    onConfirm(verb, { ...(given && { reason: given }), ...(result.trim() && { result: JSON.parse(result) }) });
  return (
    <VerbDialog
      title={`${label} ${count === 1 ? 'this command' : pluralize(count, 'command')}${by}?`}
      opened
      onClose={onClose}
      onConfirm={confirm}
      check={() => {
        setIsTried(true);
        return !isInvalid;
      }}
      confirm={`${label} ${count === 1 ? 'command' : 'commands'}`}
      keep={keep}
      color={color}
      reason={reason}
    >
      {text}
      {verb === 'complete' && (
        <JsonField
          mt="md"
          label="Result (JSON)"
          description="may stay empty"
          placeholder='{"result_path": "..."}'
          value={result}
          error={isTried && isInvalid && 'must be JSON'}
          onChange={setResult}
          minRows={3}
        />
      )}
    </VerbDialog>
  );
}
