// Facts of a process: where it belongs and when it ran.

import type { ProcessDetail } from '../../../../src/http/contract.ts';
import { formatCount, humanize } from '../../parts/format.ts';
import { ShortId } from '../../parts/id.tsx';
import { Pair, Pairs } from '../../parts/json-view.tsx';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { DEADLINE_LABELS } from '../../parts/status.ts';
import { Elapsed, Moment } from '../../parts/time.tsx';

export function ProcessFacts({ process }: { process: ProcessDetail }) {
  return (
    <Panel title="Facts">
      <Pairs>
        {process.batch_id && (
          <Pair name="Batch">
            <LinkTo to="/process-batches/$id" params={{ id: process.batch_id }} inherit>
              #{formatCount(process.ordinal)} of <ShortId id={process.batch_id} />
            </LinkTo>
          </Pair>
        )}
        <Pair name="Type">
          {process.process_type} v{process.version}
        </Pair>
        <Pair name={process.completed_at ? 'Last step' : 'Step'}>
          {process.current_step ? humanize(process.current_step) : 'none'}
        </Pair>
        <Pair name="Started">
          <Moment at={process.created_at} />
        </Pair>
        <Pair name="Ended">{process.completed_at && <Moment at={process.completed_at} />}</Pair>
        <Pair name={process.completed_at ? 'Took' : 'Runs for'}>
          <Elapsed from={process.created_at} to={process.completed_at} />
        </Pair>
        {process.deadline_at && (
          <Pair name="Deadline">
            <Moment at={process.deadline_at} />
            {process.on_deadline && `; then: ${DEADLINE_LABELS[process.on_deadline].toLowerCase()}`}
          </Pair>
        )}
        {process.keep_effects && <Pair name="Effects">What it did was left done</Pair>}
      </Pairs>
    </Panel>
  );
}
