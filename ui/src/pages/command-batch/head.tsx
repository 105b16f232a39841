// The head of a command batch. While it is open, commands can be added to it.

import { Badge } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCopyPlus, IconLock, IconPlus } from '@tabler/icons-react';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import { Action } from '../../parts/action.tsx';
import { BatchHead, isOpen } from '../../parts/batch/head.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { PolledLight } from '../../parts/live-dot.tsx';
import { isTerminalBatch } from '../../parts/status.ts';
import { AddDialog } from './add-dialog.tsx';
import { useCancelBatch, useCloseBatch } from './verbs.tsx';

export function CommandBatchHead({ batch, failed }: { batch: CommandBatchDetail; failed: boolean }) {
  const [adding, add] = useDisclosure(false);
  const close = useCloseBatch(batch);
  const takesMore = batch.closed_at === null && isOpen(batch);
  const badges = (
    <>
      {takesMore && (
        <Badge variant="outline" size="lg" title="Takes more commands, and does not end before it is closed">
          Open
        </Badge>
      )}
      <PolledLight final={isTerminalBatch(batch.status)} failed={failed} />
    </>
  );
  return (
    <BatchHead batch={batch} badges={badges} cancel={useCancelBatch(batch)}>
      <ButtonTo to="/command-batches/new" search={{ clone: batch.batch_id }} variant="default" icon={IconCopyPlus}>
        Send again
      </ButtonTo>
      {takesMore && (
        <>
          <Action icon={IconPlus} onClick={add.open}>
            Add commands
          </Action>
          <Action icon={IconLock} onClick={close.ask} loading={close.busy} data-testid="close-batch">
            Close batch
          </Action>
        </>
      )}
      <AddDialog batch={batch} opened={adding} onClose={add.close} />
      {close.dialog}
    </BatchHead>
  );
}
