// Observed against predicted: live counts until the batch is still, then the report's own.

import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { BatchDetail, Report } from '../../../../src/http/contract.ts';
import { reportQuery } from '../../api/verdicts.ts';
import { momentOf, observedEndings } from '../../parts/experiment/prediction.ts';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { isStill } from '../../parts/status.ts';
import { Comparison } from '../../parts/verdict/comparison.tsx';

export function PredictionPanel({ batch }: { batch: BatchDetail }) {
  const report = useQuery({
    ...reportQuery({ batch_id: batch.batch_id, moment: momentOf(batch) }),
    enabled: batch.status !== 'CREATING',
  });
  return (
    <Panel title="Observed against predicted" testId="predicted">
      {batch.status === 'CREATING' && report.data === undefined ? (
        'The comparison starts when all processes are created.'
      ) : (
        <QueryView query={report} skeleton={<Skeleton height={180} />}>
          {(data) => <Compare batch={batch} report={data} />}
        </QueryView>
      )}
    </Panel>
  );
}

function Compare({ batch, report }: { batch: BatchDetail; report: Report }) {
  const still = isStill(batch.status);
  const predictionOf = (step: string) => report.predicted?.steps[step] ?? null;
  // The report's counts are of its own time; the batch's are live.
  const steps = still
    ? report.steps.map(({ step, observed, predicted }) => ({
        step,
        observed,
        predicted: predicted ?? predictionOf(step),
      }))
    : batch.steps.map((observed) => ({
        step: observed.step,
        observed,
        predicted: predictionOf(observed.step),
      }));
  return (
    <Comparison
      report={report}
      observed={observedEndings(batch)}
      total={batch.total_count}
      steps={steps}
      still={still}
    />
  );
}
