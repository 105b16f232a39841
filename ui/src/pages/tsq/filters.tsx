// The filters of the troubleshooting queue.

import { Button, Group, SegmentedControl } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { BatchFilter, ClearFilters, TextFilter } from '../../parts/filters.tsx';
import { shortId } from '../../parts/format.ts';
import type { TsqSearch } from './search.ts';
import classes from './tsq-page.module.css';

export interface TsqFiltersProps {
  search: TsqSearch;
  onChange: (search: TsqSearch) => void;
  /** Absent while nothing is filtered. */
  onClear: (() => void) | undefined;
}

export function TsqFilters({ search, onChange, onClear }: TsqFiltersProps) {
  const set = (change: TsqSearch) => onChange({ ...search, ...change });
  return (
    <Group gap="xs" className={classes.filters} role="search" aria-label="Filters">
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
      {onClear && <ClearFilters onClear={onClear} />}
    </Group>
  );
}

/** A filter that is set by a link and not typed: it can only be taken off. */
function Given({ name, value, onRemove }: { name: string; value: string | undefined; onRemove: () => void }) {
  if (!value) return null;
  return (
    <Button
      size="xs"
      variant="light"
      className={classes.given}
      rightSection={<IconX size={12} />}
      onClick={onRemove}
      aria-label={`Take off the filter ${name}: ${value}`}
    >
      {name}: {value}
    </Button>
  );
}
