// The head of a page of a batch, of either kind: its name and state, whether the page is live, and the batch's verbs.

import { IconBan, IconTool } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Batch } from '../../../../src/http/contract.ts';
import { Action } from '../action.tsx';
import type { ConfirmedVerb } from '../form/use-verb-dialog.tsx';
import { formatCount, shortId } from '../format.ts';
import { FullId } from '../id.tsx';
import { AuditLink, ButtonTo } from '../links.tsx';
import { PageHead } from '../panel.tsx';
import { BATCH_DISPLAY, isTerminalBatch } from '../status.ts';
import { StatusBadge } from '../status-badge.tsx';

export type NamedBatch = Pick<Batch, 'batch_id' | 'name' | 'status'>;

export interface BatchHeadProps {
  batch: NamedBatch & Pick<Batch, 'cancel_requested_at' | 'in_troubleshooting_count'>;
  badges: ReactNode;
  cancel: ConfirmedVerb;
  /** Further buttons. */
  children: ReactNode;
}

export function batchName({ batch_id, name }: Pick<Batch, 'batch_id' | 'name'>): string {
  return name ?? `Batch ${shortId(batch_id)}`;
}

/** Neither ended nor being canceled. */
export function isOpen({ status, cancel_requested_at }: Pick<Batch, 'status' | 'cancel_requested_at'>): boolean {
  return !isTerminalBatch(status) && cancel_requested_at === null;
}

export function BatchHead({ batch, badges, cancel, children }: BatchHeadProps) {
  const { batch_id, in_troubleshooting_count } = batch;
  return (
    <PageHead
      title={batchName(batch)}
      badges={
        <>
          <StatusBadge display={BATCH_DISPLAY[batch.status]} size="lg" testId="batch-status" />
          {badges}
        </>
      }
      description={<FullId id={batch_id} label="batch id" />}
      actions={
        <>
          {in_troubleshooting_count > 0 && (
            <ButtonTo to="/tsq" search={{ batch_id }} variant="light" color="orange" icon={IconTool}>
              {formatCount(in_troubleshooting_count)} in troubleshooting
            </ButtonTo>
          )}
          <AuditLink of={{ batch_id }} />
          {children}
          {isOpen(batch) && (
            <Action icon={IconBan} c="red" onClick={cancel.ask} loading={cancel.busy} data-testid="cancel-batch">
              Cancel batch
            </Action>
          )}
          {cancel.dialog}
        </>
      }
    />
  );
}
