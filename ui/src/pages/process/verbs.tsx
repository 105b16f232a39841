// The verbs of a process: cancel it, undoing what it did or not, and run it again.

import { Radio, Stack } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ProcessDetail } from '../../../../src/http/contract.ts';
import { batchKeys } from '../../api/batches.ts';
import { cancelProcess, processKeys } from '../../api/processes.ts';
import { statsKeys } from '../../api/stats.ts';
import { tsqKeys } from '../../api/tsq.ts';
import { rerunProcess } from '../../api/verdicts.ts';
import { useVerbDialog } from '../../parts/form/use-verb-dialog.tsx';
import { useVerb } from '../../parts/use-verb.ts';

/** Not after its end, nor while it is being compensated, also when a compensation waits for an operator. */
export function canBeCanceled({ status, steps }: ProcessDetail): boolean {
  if (status === 'WAITING_FOR_REPLY') return true;
  return status === 'WAITING_FOR_TSQ' && !steps.some(({ purpose }) => purpose === 'compensation');
}

export function useCancelProcess({ process_id }: ProcessDetail) {
  const [compensate, setCompensate] = useState(true);
  const cancel = useVerb<string>({
    send: (reason, by) => cancelProcess(process_id, { ...by(), reason, compensate }),
    doing: 'Canceling the process',
    done: ['Process canceled', compensate ? 'What it did is being undone.' : 'What it did stays done.'],
    failed: 'Not canceled',
    affects: [processKeys.all, tsqKeys.all, batchKeys.all, statsKeys.overview],
  });
  return useVerbDialog(cancel, {
    title: 'Cancel this process?',
    confirm: 'Cancel process',
    keep: 'Keep it running',
    reason: 'required',
    children: (
      <>
        It stops waiting, and sends no further step.
        <Radio.Group
          mt="md"
          label="What it did so far"
          value={compensate ? 'undo' : 'keep'}
          onChange={(value) => setCompensate(value === 'undo')}
        >
          <Stack gap="xs" mt={6}>
            <Radio
              value="undo"
              label="Undo what was done"
              description="Its steps are compensated, newest first"
              data-testid="cancel-undo"
            />
            <Radio
              value="keep"
              label="Leave it done"
              description="It ends at once, and nothing is undone later"
              data-testid="cancel-keep"
            />
          </Stack>
        </Radio.Group>
      </>
    ),
  });
}

/** Runs it again alone, as a batch of one, and opens that batch. */
export function useRerunProcess(processId: string) {
  const navigate = useNavigate();
  return useVerb({
    send: () => rerunProcess(processId),
    doing: 'Launching this process again',
    done: ['Launched again', 'Alone, with the same faults at the same attempts.'],
    failed: 'Not launched again',
    affects: [batchKeys.all],
    onDone: (answer) => navigate({ to: '/process-batches/$id', params: { id: answer.batch_id } }),
  });
}
