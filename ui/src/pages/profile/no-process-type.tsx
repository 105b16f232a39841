// Shown where the process type of a profile is not registered in this service, so that nobody knows its steps.

import { Alert } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

export function NoProcessType({ name }: { name?: string | undefined }) {
  return (
    <Alert color="yellow" icon={<IconAlertTriangle />} title="Its steps are not known here">
      {name
        ? `The process type ${name} is not registered in this service.`
        : 'No process type is registered in this service.'}
    </Alert>
  );
}
