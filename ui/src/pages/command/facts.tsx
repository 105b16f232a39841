// Facts of a command: where it belongs, and its policy.

import type { CommandDetail } from '../../../../src/http/contract.ts';
import { formatDuration, humanize } from '../../parts/format.ts';
import { FullId } from '../../parts/id.tsx';
import { Pair, Pairs } from '../../parts/json-view.tsx';
import { IdLink } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { DEADLINE_LABELS, isSettled, PURPOSE_LABELS } from '../../parts/status.ts';
import { Elapsed, Moment } from '../../parts/time.tsx';

export function CommandFacts({ command }: { command: CommandDetail }) {
  const settled = isSettled(command.status);
  const batchPage = command.purpose === 'standalone' ? '/command-batches/$id' : '/process-batches/$id';
  return (
    <Panel title="Facts">
      <Pairs>
        <Pair name="Domain">{command.domain}</Pair>
        <Pair name="Purpose">{PURPOSE_LABELS[command.purpose]}</Pair>
        {command.process_id && (
          <Pair name="Process">
            <IdLink to="/processes/$id" id={command.process_id} />
            {command.step && `, ${humanize(command.step).toLowerCase()}`}
          </Pair>
        )}
        <Pair name="Batch">{command.batch_id && <IdLink to={batchPage} id={command.batch_id} />}</Pair>
        <Pair name="Correlation">
          {command.correlation_id && <FullId id={command.correlation_id} label="correlation id" />}
        </Pair>
        <Pair name="Sent">
          <Moment at={command.created_at} />
        </Pair>
        {settled && command.settled_at && (
          <Pair name="Settled">
            <Moment at={command.settled_at} />
          </Pair>
        )}
        <Pair name={settled ? 'Took' : 'For'}>
          <Elapsed from={command.created_at} to={settled ? command.settled_at : null} />
        </Pair>
      </Pairs>
    </Panel>
  );
}

export function CommandPolicyFacts({ command }: { command: CommandDetail }) {
  return (
    <Panel title="Policy">
      <Pairs>
        <Pair name="Attempts">
          {command.attempts} made, {command.max_attempts} allowed
        </Pair>
        <Pair name="Delays">
          {command.backoff_ms.map(formatDuration).join(', ')}
          {command.jitter_pct > 0 && `, up to ${command.jitter_pct} % shorter`}
        </Pair>
        <Pair name="Lease">{formatDuration(command.lease_ms)}</Pair>
        <Pair name="Priority">{command.priority}</Pair>
        {command.deadline_ms !== null && (
          <Pair name="Deadline">
            {formatDuration(command.deadline_ms)}
            {command.deadline_at && (
              <>
                , at <Moment at={command.deadline_at} />
              </>
            )}
            {command.on_deadline && `; then: ${DEADLINE_LABELS[command.on_deadline].toLowerCase()}`}
          </Pair>
        )}
        <Pair name="Held until">{command.lease_expires_at && <Moment at={command.lease_expires_at} />}</Pair>
      </Pairs>
    </Panel>
  );
}
