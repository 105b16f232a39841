// The choice of an audit: of the whole system for a time span, or of one batch, process or command.

import { Button, Group, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useRouterState } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { UUID } from '../../parts/form/checks.ts';
import { optionsOf } from '../../parts/form/fields.tsx';
import { AUDIT_SPANS, type AuditSearch, type AuditSpan } from './search.ts';

const KINDS = { system: 'System', batch_id: 'Batch', process_id: 'Process', command_id: 'Command' };
type Kind = keyof typeof KINDS;
const SPANS = Object.entries(AUDIT_SPANS).map(([value, { label }]) => ({ value, label }));

export interface LookupProps {
  search: AuditSearch;
  span: AuditSpan;
  onLookup: (search: AuditSearch) => void;
}

export function Lookup({ search, span, onLookup }: LookupProps) {
  const given = (['batch_id', 'process_id', 'command_id'] as const).find((kind) => search[kind]) ?? 'system';
  const givenId = given === 'system' ? undefined : search[given];
  const [kind, setKind] = useState<Kind>(given);
  const [id, setId] = useState('');
  const [error, setError] = useState<string | null>(null);

  // A link may set another subject, or the same one while another kind is selected here.
  const visit = useRouterState({ select: ({ location }) => location.state.__TSR_key });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each visit starts from the address
  useEffect(() => {
    setKind(given);
    setId(givenId ?? '');
    setError(null);
  }, [given, givenId, visit]);

  const choose = (value: Kind) => {
    setKind(value);
    setError(null);
    if (value === 'system') onLookup({ span });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!UUID.pattern.test(id.trim())) return setError(UUID.message);
    setError(null);
    onLookup({ [kind]: id.trim(), span, level: kind === 'batch_id' ? search.level : undefined });
  };

  return (
    <form onSubmit={submit} aria-label="Look up">
      <Group gap="xs" mb="md" align="flex-start">
        <SegmentedControl
          size="xs"
          data={optionsOf(KINDS)}
          value={kind}
          onChange={(value) => choose(value as Kind)}
          aria-label="Of what"
        />
        {kind === 'system' ? (
          <SegmentedControl
            size="xs"
            data={SPANS}
            value={span}
            onChange={(value) => onLookup({ span: value as AuditSpan })}
            aria-label="How far back"
          />
        ) : (
          <>
            <TextInput
              flex={1}
              miw={180}
              maw={460}
              size="xs"
              aria-label="Id"
              placeholder="Id"
              value={id}
              error={error}
              onChange={(event) => setId(event.currentTarget.value)}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            />
            <Button type="submit" leftSection={<IconSearch size={14} />}>
              Look up
            </Button>
          </>
        )}
        {search.batch_id !== undefined && kind === 'batch_id' && (
          <Switch
            size="xs"
            my="auto"
            label="Only the batch as a whole"
            checked={search.level === 'system'}
            onChange={({ currentTarget: { checked } }) =>
              onLookup({ batch_id: search.batch_id, span, level: checked ? 'system' : undefined })
            }
          />
        )}
      </Group>
    </form>
  );
}
