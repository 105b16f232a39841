// Filters by the time of sending: a quick choice, or from and to by the minute.

import { Button, Group, Popover, Stack, Text, TextInput } from '@mantine/core';
import { IconCalendarTime } from '@tabler/icons-react';
import { formatMoment } from '../../parts/time.tsx';
import { fromLocalField, QUICK_RANGES, since, toLocalField } from './range.ts';

export interface Range {
  created_from?: string | undefined;
  created_to?: string | undefined;
}

export function RangeFilter({ value, onChange }: { value: Range; onChange: (range: Range) => void }) {
  const { created_from, created_to } = value;
  return (
    <Popover position="bottom-end" width={290} trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconCalendarTime size={15} />}
          fw={created_from || created_to ? 500 : 400}
          data-testid="range-filter"
        >
          {wordsOf(value)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text size="xs" c="dimmed">
            Sent within the last
          </Text>
          <Group gap={6}>
            {QUICK_RANGES.map(({ label, ms }) => (
              <Button
                key={label}
                size="compact-xs"
                variant="default"
                onClick={() => onChange({ created_from: since(ms), created_to: undefined })}
              >
                {label}
              </Button>
            ))}
            <Button
              size="compact-xs"
              variant="subtle"
              color="gray"
              onClick={() => onChange({ created_from: undefined, created_to: undefined })}
            >
              any time
            </Button>
          </Group>
          <TextInput
            type="datetime-local"
            label="From"
            size="xs"
            value={toLocalField(created_from)}
            onChange={(event) => onChange({ created_from: fromLocalField(event.currentTarget.value), created_to })}
          />
          <TextInput
            type="datetime-local"
            label="To"
            size="xs"
            value={toLocalField(created_to)}
            onChange={(event) => onChange({ created_from, created_to: fromLocalField(event.currentTarget.value) })}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function wordsOf({ created_from, created_to }: Range): string {
  if (created_from && created_to) return `${momentOf(created_from)} to ${momentOf(created_to)}`;
  if (created_from) return `Since ${momentOf(created_from)}`;
  return created_to ? `Until ${momentOf(created_to)}` : 'Sent any time';
}

/** The URL may hold anything. */
function momentOf(iso: string): string {
  return toLocalField(iso) === '' ? 'invalid time' : formatMoment(iso);
}
