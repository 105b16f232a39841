// Filters of lists: they show what the URL says, and change only the URL.

import { Badge, Button, CloseButton, Select, type SelectProps, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { batchChoicesQuery } from '../api/batches.ts';
import { shortId } from './format.ts';
import { type Display, statusOptions } from './status.ts';

const COMPACT: SelectProps = {
  size: 'xs',
  w: 200,
  clearable: true,
  comboboxProps: { width: 220, position: 'bottom-end' },
};

const PAUSE_MS = 350;

export interface StatusFilterProps<Status extends string> {
  displays: Record<Status, Display>;
  value: Status | undefined;
  onChange: (status: Status | undefined) => void;
}

export function StatusFilter<Status extends string>({ displays, value, onChange }: StatusFilterProps<Status>) {
  return (
    <Select
      {...COMPACT}
      aria-label="Status"
      placeholder="Any status"
      data={statusOptions(displays)}
      value={value ?? null}
      onChange={(status) => onChange((status as Status | null) ?? undefined)}
    />
  );
}

/** The newest batches by name, and always the one of the URL. */
export function BatchFilter({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (batchId: string | undefined) => void;
}) {
  const { data } = useQuery(batchChoicesQuery);
  const options = useMemo(() => {
    const known = data?.items ?? [];
    const choices = known.map((batch) => ({
      value: batch.batch_id,
      label: batch.name ? `${batch.name} (${batch.batch_id.slice(-4)})` : shortId(batch.batch_id),
    }));
    if (value && !choices.some((choice) => choice.value === value)) {
      choices.unshift({ value, label: shortId(value) });
    }
    return choices;
  }, [data, value]);
  return (
    <Select
      {...COMPACT}
      aria-label="Batch"
      placeholder="Any batch"
      searchable
      nothingFoundMessage="No such batch"
      data={options}
      value={value ?? null}
      onChange={(batchId) => onChange(batchId ?? undefined)}
    />
  );
}

interface TextFilterProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** The URL changes when the typing pauses. */
export function TextFilter({ label, value = '', onChange }: TextFilterProps) {
  const [draft, setDraft] = useState(value);
  const send = useDebouncedCallback((text: string) => onChange(text.trim() || undefined), PAUSE_MS);
  // The URL may change otherwise: by a link, the back button, "clear filters".
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

export function ClearFilters({ onClear }: { onClear: () => void }) {
  return (
    <Button variant="subtle" color="gray" leftSection={<IconX size={14} />} onClick={onClear}>
      Clear filters
    </Button>
  );
}

/** A filter that a link set: it can be removed, not typed. */
export function Scope({ word, id, onRemove }: { word: string; id: string; onRemove: () => void }) {
  return (
    <Badge
      variant="light"
      size="lg"
      title={id}
      rightSection={<CloseButton size="xs" onClick={onRemove} aria-label={`Any ${word}`} />}
    >
      of {word} {shortId(id)}
    </Badge>
  );
}
