// The filters of the troubleshooting queue.

import { Group, SegmentedControl } from '@mantine/core';
import { BatchFilter, ClearFilters, TextFilter } from '../../parts/filters.tsx';
import type { TsqSearch } from '../../routes.ts';
import classes from './tsq-page.module.css';

export interface TsqFiltersProps {
  search: TsqSearch;
  onChange: (search: TsqSearch) => void;
  /** Absent while nothing is filtered. */
  onClear: (() => void) | undefined;
}

export function TsqFilters({ search, onChange, onClear }: TsqFiltersProps) {
  const set = (change: Partial<TsqSearch>) => onChange({ ...search, ...change });
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
      {onClear && <ClearFilters onClear={onClear} />}
    </Group>
  );
}
