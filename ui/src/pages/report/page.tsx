// The report of a batch: what was predicted, what was injected, the outcome and the verdict. It can be saved as a file.

import { Button, Stack } from '@mantine/core';
import { IconArrowLeft, IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Report } from '../../../../src/http/contract.ts';
import { REFRESH, unlessRefused } from '../../api/refresh.ts';
import { reportQuery, reportUrl } from '../../api/verdicts.ts';
import { observedEndings } from '../../parts/experiment/prediction.ts';
import { shortId } from '../../parts/format.ts';
import { ButtonTo } from '../../parts/links.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { PageSkeleton, QueryView } from '../../parts/query-view.tsx';
import { BATCH_DISPLAY, isStill, VERDICT_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Moment } from '../../parts/time.tsx';
import { Checks } from '../../parts/verdict/checks.tsx';
import { Comparison } from '../../parts/verdict/comparison.tsx';
import { Verifying } from '../../parts/verdict/verifying.tsx';
import { ReportEvents } from './events.tsx';
import { Latency } from './latency.tsx';
import { ReportSettings } from './settings.tsx';

const route = getRouteApi('/process-batches/$id/report');

export default function ReportPage() {
  const { id } = route.useParams();
  const report = useQuery({
    ...reportQuery({ batch_id: id, moment: 'now' }),
    refetchInterval: ({ state: { data, error } }) =>
      data && isStill(data.status) ? false : unlessRefused(REFRESH.list_ms, error),
  });
  return (
    <QueryView
      query={report}
      skeleton={
        <>
          <Verifying batch_id={id} />
          <PageSkeleton title={`Report ${shortId(id)}`} heights={[170, 320]} />
        </>
      }
    >
      {(data) => <ReportView report={data} />}
    </QueryView>
  );
}

function ReportView({ report }: { report: Report }) {
  return (
    <>
      <PageHead
        title={`Report: ${report.name ?? `batch ${shortId(report.batch_id)}`}`}
        badges={
          <>
            <StatusBadge display={VERDICT_DISPLAY[report.verdict]} size="lg" testId="report-verdict" />
            <StatusBadge display={BATCH_DISPLAY[report.status]} size="lg" />
          </>
        }
        description={
          <>
            Generated <Moment at={report.generated_at} />
          </>
        }
        actions={<Downloads id={report.batch_id} />}
      />
      <Stack gap="md">
        <ReportSettings report={report} />
        <Panel title="Observed against predicted">
          <Compare report={report} />
        </Panel>
        <Panel title="Steps" flush>
          <Latency report={report} />
        </Panel>
        <ReportEvents report={report} />
        <Panel title="Checks" flush testId="report-checks">
          <Checks checks={report.checks} />
        </Panel>
      </Stack>
    </>
  );
}

function Compare({ report }: { report: Report }) {
  const { processes } = report;
  const observed = observedEndings({
    completed_count: processes.COMPLETED ?? 0,
    compensated_count: processes.COMPENSATED ?? 0,
    failed_count: processes.FAILED ?? 0,
    in_troubleshooting_count: processes.WAITING_FOR_TSQ ?? 0,
  });
  return (
    <Comparison
      report={report}
      observed={observed}
      total={report.settings.total_count}
      steps={report.steps}
      still={isStill(report.status)}
    />
  );
}

function Downloads({ id }: { id: string }) {
  const save = (format: 'json' | 'markdown', label: string, extension: string) => (
    <Button
      component="a"
      href={reportUrl(id, format)}
      download={`faultline-report-${id}.${extension}`}
      variant="default"
      leftSection={<IconDownload size={15} aria-hidden />}
      data-testid={`download-${format}`}
    >
      {label}
    </Button>
  );
  return (
    <>
      <ButtonTo to="/process-batches/$id" params={{ id }} variant="default" icon={IconArrowLeft}>
        Back to the batch
      </ButtonTo>
      {save('json', 'JSON', 'json')}
      {save('markdown', 'Markdown', 'md')}
    </>
  );
}
