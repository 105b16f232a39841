// What was requested, and how it went as a whole: the first part of a report.

import { SimpleGrid } from '@mantine/core';
import type { Report } from '../../../../src/http/contract.ts';
import { inputNames, useProcessType } from '../../api/service.ts';
import { BehaviorList } from '../../parts/behavior-list.tsx';
import { ExperimentFacts } from '../../parts/experiment/experiment-facts.tsx';
import { formatCount, formatDuration, pluralize } from '../../parts/format.ts';
import { DocumentPairs, Pair, Pairs } from '../../parts/json-view.tsx';
import { Heading, Panel } from '../../parts/panel.tsx';
import { Moment } from '../../parts/time.tsx';

export function ReportSettings({ report }: { report: Report }) {
  const { settings } = report;
  return (
    <Panel title="Experiment" testId="report-experiment">
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="xl">
        <ExperimentFacts
          document={{ ...settings.experiment, ...(report.hypothesis && { hypothesis: report.hypothesis }) }}
        />
        <Run report={report} />
        <div>
          <Heading>Chaos, as launched</Heading>
          <BehaviorList behavior={settings.behavior} processType={settings.process_type} />
          {settings.behavior_versions
            .filter(({ version }) => version > 0)
            .map(({ version, at, actor, reason, behavior }) => (
              <div key={version}>
                <Heading mt="sm">
                  Change {version}, <Moment at={at} />, {actor}
                  {reason && `: ${reason}`}
                </Heading>
                <BehaviorList behavior={behavior} processType={settings.process_type} />
              </div>
            ))}
        </div>
      </SimpleGrid>
    </Panel>
  );
}

function Run({ report }: { report: Report }) {
  const { settings } = report;
  const type = useProcessType(settings.process_type);
  return (
    <div>
      <Pairs>
        <Pair name="Processes">
          {formatCount(settings.total_count)} × {settings.process_type ?? 'none'}
        </Pair>
        <Pair name="Seed">{settings.seed}</Pair>
        <Pair name="Launched">
          <Moment at={report.created_at} />
        </Pair>
        <Pair name="Took">{report.duration_ms === null ? 'still running' : formatDuration(report.duration_ms)}</Pair>
        <Pair name="Attempts">
          {settings.retry.max_attempts}, after {settings.retry.backoff_ms.map(formatDuration).join(', ')}
        </Pair>
        <Pair name="Lease">{formatDuration(settings.lease_ms)}</Pair>
        <Pair name="Undone">{pluralize(report.compensations, 'compensation')}</Pair>
        <Pair name="Operators">{pluralize(report.operator_verbs, 'verb')}</Pair>
      </Pairs>
      <Heading mt="sm">Input</Heading>
      <DocumentPairs value={settings.input} first={inputNames(type)} />
    </div>
  );
}
