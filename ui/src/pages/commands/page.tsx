// All commands, newest first: standalone ones and the steps of processes. Filters and page stand in the URL.

import { IconCommand, IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { commandListQuery } from '../../api/commands.ts';
import { CommandTable } from '../../parts/command-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { ClearFilters } from '../../parts/filters.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { CommandFilters } from './filters.tsx';

const route = getRouteApi('/commands');

export default function CommandListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const commands = useQuery(commandListQuery(search));
  const { cursor, ...filter } = search;
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const clear = () => navigate({ search: {} });
  const empty = filtered ? (
    <Empty icon={IconCommand} title="No command matches" testId="commands-empty">
      <ClearFilters onClear={clear} />
    </Empty>
  ) : (
    <Empty
      icon={IconCommand}
      title="No command was sent yet"
      description="Send one and fail it on purpose, or a hundred thousand."
      testId="commands-empty"
    >
      <ButtonTo to="/commands/new" icon={IconSend}>
        Send the first command
      </ButtonTo>
    </Empty>
  );
  return (
    <>
      <PageHead
        title="Commands"
        description="Every command that was sent: on its own, in a batch, or as the step of a process."
        actions={
          <>
            <ButtonTo to="/command-batches/new" variant="default">
              Send many
            </ButtonTo>
            <ButtonTo to="/commands/new" icon={IconSend}>
              Send command
            </ButtonTo>
          </>
        }
      />
      <CommandFilters
        search={filter}
        onChange={(next) => navigate({ search: next })}
        onClear={filtered ? clear : undefined}
      />
      <Panel flush>
        <ListView
          query={commands}
          empty={empty}
          cursor={cursor}
          onPage={(next, pagesBefore) => navigate({ search: { ...filter, cursor: next }, state: { pagesBefore } })}
        >
          {(rows) => <CommandTable commands={rows} withOrigin />}
        </ListView>
      </Panel>
    </>
  );
}
