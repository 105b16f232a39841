// The settings of all processes, changed without a restart.

import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { configQuery } from '../../api/service.ts';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Moment } from '../../parts/time.tsx';
import { SettingsForm } from './settings-form.tsx';

export default function SettingsPage() {
  const config = useQuery({ ...configQuery, staleTime: 0 });
  const changed_at = config.data?.settings_changed_at;
  return (
    <>
      <PageHead
        title="Settings"
        description={
          <>
            A change applies to every process within a second. Options given at the start of a process take precedence.
            {changed_at && (
              <>
                {' '}
                Last changed <Moment at={changed_at} />.
              </>
            )}
          </>
        }
      />
      <Stack gap="lg" maw={860}>
        <QueryView query={config}>{({ settings }) => <SettingsForm shown={settings} />}</QueryView>
      </Stack>
    </>
  );
}
