// The filters of the troubleshooting queue. What is typed reaches the URL when one pauses.

import { Group, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { BatchFilter, ClearFilters } from '../../parts/filters.tsx';
import type { TsqSearch } from '../../routes.ts';
import classes from './tsq-page.module.css';

const PAUSE_MS = 350;

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

interface TextFilterProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

function TextFilter({ label, value = '', onChange }: TextFilterProps) {
  const [draft, setDraft] = useState(value);
  const send = useDebouncedCallback((text: string) => onChange(text.trim() || undefined), PAUSE_MS);
  // The URL may change by itself: a link, the back button, "clear filters".
  useEffect(() => setDraft(value), [value]);
  return (
    <TextInput
      size="xs"
      w={150}
      aria-label={label}
      placeholder={label}
      value={draft}
      onChange={(event) => {
        setDraft(event.currentTarget.value);
        send(event.currentTarget.value);
      }}
    />
  );
}
