// The choice of a process type, and what is shown when there is none.

import { Alert, Select } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

export interface TypeSelectProps {
  label: string;
  types: readonly { type: string }[];
  value: string | undefined;
  onChange: (type: string | undefined) => void;
}

/** Nothing where there is no choice. */
export function TypeSelect({ label, types, value, onChange }: TypeSelectProps) {
  if (types.length < 2) return null;
  return (
    <Select
      label={label}
      data={types.map(({ type }) => type)}
      value={value ?? null}
      onChange={(type) => onChange(type ?? undefined)}
      allowDeselect={false}
      maw={320}
      mb="md"
    />
  );
}

export function NoProcessType({ name }: { name?: string | undefined }) {
  return (
    <Alert color="yellow" icon={<IconAlertTriangle />} title="Unknown process type">
      {name
        ? `The process type ${name} is not registered in this service.`
        : 'No process type is registered in this service. Register one in its application and restart it.'}
    </Alert>
  );
}
