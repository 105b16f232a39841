// The filters of the command list: they show what the URL says, and change only the URL.

import { Group, Select } from '@mantine/core';
import { ClearFilters, Scope, StatusFilter, TextFilter } from '../../parts/filters.tsx';
import { COMMAND_DISPLAY, PURPOSE_LABELS, type ShownPurpose } from '../../parts/status.ts';
import classes from './commands.module.css';
import { RangeFilter } from './range-filter.tsx';
import type { CommandsSearch } from './search.ts';

export interface CommandFiltersProps {
  search: CommandsSearch;
  onChange: (search: CommandsSearch) => void;
  /** Absent without a filter. */
  onClear: (() => void) | undefined;
}

export function CommandFilters({ search, onChange, onClear }: CommandFiltersProps) {
  const set = (change: CommandsSearch) => onChange({ ...search, ...change });
  return (
    <Group gap="xs" className={classes.filters} role="search" aria-label="Filters">
      <StatusFilter displays={COMMAND_DISPLAY} value={search.status} onChange={(status) => set({ status })} />
      <TextFilter label="Command type" value={search.type} onChange={(type) => set({ type })} />
      <TextFilter label="Domain" value={search.domain} onChange={(domain) => set({ domain })} />
      <Select
        size="xs"
        w={170}
        clearable
        aria-label="Purpose"
        placeholder="Any purpose"
        data={Object.entries(PURPOSE_LABELS).map(([value, label]) => ({ value, label }))}
        value={search.purpose ?? null}
        onChange={(purpose) => set({ purpose: (purpose as ShownPurpose | null) ?? undefined })}
      />
      <RangeFilter value={search} onChange={set} />
      {search.batch_id && <Scope word="batch" id={search.batch_id} onRemove={() => set({ batch_id: undefined })} />}
      {search.process_id && (
        <Scope word="process" id={search.process_id} onRemove={() => set({ process_id: undefined })} />
      )}
      {onClear && <ClearFilters onClear={onClear} />}
    </Group>
  );
}
