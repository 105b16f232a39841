// An experiment: its hypothesis, the scope of chaos, its stop conditions and its turbulence.

import { Group, Text } from '@mantine/core';
import { BehaviorBadges } from '../behavior-list.tsx';
import { formatPercent } from '../format.ts';
import { Pair, Pairs } from '../json-view.tsx';
import { IdLink } from '../links.tsx';
import { describeTurbulence, experimentOf, STOP_ACTIONS, stopLabel } from './experiment.ts';

export function ExperimentFacts({ document }: { document: Record<string, unknown> | null }) {
  const { hypothesis, scope_pct, stop_conditions, turbulence, rerun_of } = experimentOf(document);
  const kinds = describeTurbulence(turbulence);
  return (
    <div data-testid="experiment-facts">
      {hypothesis && (
        <Text size="sm" mb="sm" fs="italic" data-testid="hypothesis" style={{ whiteSpace: 'pre-line' }}>
          {hypothesis}
        </Text>
      )}
      <Pairs>
        <Pair name="Scope">
          {scope_pct == null || scope_pct === 100 ? 'every process' : `${formatPercent(scope_pct)} of the processes`}
        </Pair>
        <Pair name="Stops when">
          {stop_conditions?.length
            ? stop_conditions.map(({ metric, above, action }) => (
                <div key={`${metric}/${above}/${action}`}>
                  {stopLabel(metric, above)}: {STOP_ACTIONS[action ?? 'abort']}
                </div>
              ))
            : 'never automatically'}
        </Pair>
        <Pair name="Turbulence">
          <Group gap={6}>{kinds.length === 0 ? 'none' : <BehaviorBadges labels={kinds} />}</Group>
        </Pair>
        {rerun_of && (
          <Pair name="Rerun of">
            {rerun_of.process_id ? (
              <IdLink to="/processes/$id" id={rerun_of.process_id} prefix="process" />
            ) : (
              <IdLink to="/process-batches/$id" id={rerun_of.batch_id} prefix="batch" />
            )}
          </Pair>
        )}
      </Pairs>
    </div>
  );
}
