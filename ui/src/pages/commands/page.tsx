// All commands, newest first: those on their own, and the steps of processes. Filters and page stand in the URL.

import { EmptyState, Paper } from '@mantine/core';
import { IconCommand, IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { commandListQuery } from '../../api/commands.ts';
import { CommandTable } from '../../parts/command-table.tsx';
import { ClearFilters } from '../../parts/filters.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { Pager } from '../../parts/pager.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { CommandFilters } from './filters.tsx';

const route = getRouteApi('/commands');

export default function CommandListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const commands = useQuery(commandListQuery(search));
  const { cursor, ...filter } = search;
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const clear = () => navigate({ search: {} });

  return (
    <>
      <PageHead
        title="Commands"
        description="Every piece of work that was sent: on its own, in a batch, or as the step of a process."
        actions={
          <>
            <ButtonTo to="/command-batches/new" variant="default">
              Send many
            </ButtonTo>
            <ButtonTo to="/commands/new" leftSection={<IconSend size={15} />}>
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
      <Paper withBorder style={{ overflow: 'hidden' }}>
        <QueryView query={commands}>
          {(page) =>
            page.items.length === 0 ? (
              <NoCommands filtered={filtered} onClear={clear} />
            ) : (
              <>
                <CommandTable commands={page.items} withOrigin />
                <Pager
                  shown={page.items.length}
                  cursor={cursor}
                  nextCursor={page.next_cursor}
                  onPage={(next, pagesBefore) =>
                    navigate({ search: { ...filter, cursor: next }, state: { pagesBefore } })
                  }
                />
              </>
            )
          }
        </QueryView>
      </Paper>
    </>
  );
}

function NoCommands({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return (
    <EmptyState
      py={64}
      icon={<IconCommand stroke={1.5} />}
      title={filtered ? 'No command matches' : 'No command was sent yet'}
      description={filtered ? undefined : 'Send one and fail it on purpose, or a hundred thousand.'}
      data-testid="commands-empty"
    >
      <EmptyState.Actions>
        {filtered ? (
          <ClearFilters onClear={onClear} />
        ) : (
          <ButtonTo to="/commands/new" leftSection={<IconSend size={15} />}>
            Send the first command
          </ButtonTo>
        )}
      </EmptyState.Actions>
    </EmptyState>
  );
}
