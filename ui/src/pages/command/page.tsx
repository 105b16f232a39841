// One command: its attempts, payload and result. Live until it is settled.

import { Grid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { CommandDetail } from '../../../../src/http/contract.ts';
import { commandDetailQuery } from '../../api/commands.ts';
import { CommandChaos } from '../../parts/behavior-list.tsx';
import { shortId } from '../../parts/format.ts';
import { JsonView } from '../../parts/json-view.tsx';
import { Panel } from '../../parts/panel.tsx';
import { PageSkeleton, QueryView } from '../../parts/query-view.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { CommandHead } from './command-head.tsx';
import { CommandFacts, CommandPolicyFacts } from './facts.tsx';
import { CommandReply } from './reply.tsx';
import { CommandTimeline } from './timeline.tsx';

const route = getRouteApi('/commands/$id');

export default function CommandPage() {
  const { id } = route.useParams();
  const command = useQuery(commandDetailQuery(id));
  return (
    <QueryView query={command} skeleton={<PageSkeleton title={`Command ${shortId(id)}`} heights={[220, 160]} />}>
      {(data) => <CommandView command={data} failed={command.isError} />}
    </QueryView>
  );
}

function CommandView({ command, failed }: { command: CommandDetail; failed: boolean }) {
  const waits = command.status === 'IN_TROUBLESHOOTING_QUEUE';
  const failing = waits || (command.error_code && command.status !== 'COMPLETED');
  return (
    <>
      <CommandHead command={command} failed={failed} />
      {failing && <Trouble waits={waits} commandId={command.command_id} error={command} fault={command.fault} />}
      <Grid gap="md" align="flex-start">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="md">
            <Panel title="Timeline" testId="timeline">
              <CommandTimeline command={command} />
            </Panel>
            <Grid gap="md">
              <Grid.Col span={{ base: 12, xs: 6 }}>
                <Panel title="Payload" testId="payload">
                  <JsonView value={command.payload} label="Payload" />
                </Panel>
              </Grid.Col>
              <Grid.Col span={{ base: 12, xs: 6 }}>
                <Panel title="Result" testId="result">
                  <JsonView value={command.result} label="Result" />
                </Panel>
              </Grid.Col>
            </Grid>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="md">
            <CommandFacts command={command} />
            <CommandReply command={command} />
            <Panel title="Behavior">
              <CommandChaos behavior={command.behavior} />
            </Panel>
            <CommandPolicyFacts command={command} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}
