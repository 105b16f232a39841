// The filters of the troubleshooting queue.

import { Button, Group, SegmentedControl } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { BatchFilter, TextFilter } from '../../parts/filters.tsx';
import { shortId } from '../../parts/format.ts';
import type { TsqSearch } from './search.ts';

export interface TsqFiltersProps {
  search: TsqSearch;
  onChange: (search: TsqSearch) => void;
  /** The button that clears the filters, when there are any. */
  clear: ReactNode;
}

export function TsqFilters({ search, onChange, clear }: TsqFiltersProps) {
  const set = (change: TsqSearch) => onChange({ ...search, ...change });
  return (
    <Group gap="xs" mb="sm" role="search" aria-label="Filters">
      <SegmentedControl
        size="xs"
        aria-label="Origin"
        value={search.injected === undefined ? 'all' : String(search.injected)}
        onChange={(value) => set({ injected: value === 'all' ? undefined : value === 'true' })}
        data={[
          { value: 'all', label: 'All' },
          { value: 'true', label: 'Injected' },
          { value: 'false', label: 'Real' },
        ]}
      />
      <TextFilter label="Error code" value={search.error_code} onChange={(error_code) => set({ error_code })} />
      <TextFilter label="Command type" value={search.type} onChange={(type) => set({ type })} />
      <TextFilter label="Domain" value={search.domain} onChange={(domain) => set({ domain })} />
      <BatchFilter value={search.batch_id} onChange={(batch_id) => set({ batch_id })} />
      <Given name="Cause" value={search.error_group} onRemove={() => set({ error_group: undefined })} />
      <Given
        name="Process"
        value={search.process_id && shortId(search.process_id)}
        onRemove={() => set({ process_id: undefined })}
      />
      {clear}
    </Group>
  );
}

/** A filter set by a link: it can only be removed. */
function Given({ name, value, onRemove }: { name: string; value: string | undefined; onRemove: () => void }) {
  if (!value) return null;
  return (
    <Button
      size="xs"
      variant="light"
      maw="22rem"
      rightSection={<IconX size={12} />}
      onClick={onRemove}
      aria-label={`Remove the filter ${name}: ${value}`}
    >
      {name}: {value}
    </Button>
  );
}
