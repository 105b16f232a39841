// Which record to look up: that of the whole system for a while, or the kind of thing and its id.

import { Button, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useRouterState } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import classes from './audit.module.css';
import { AUDIT_SPANS, type AuditSearch, type AuditSpan } from './search.ts';

const KINDS = [
  { value: 'system', label: 'System' },
  { value: 'batch_id', label: 'Batch' },
  { value: 'process_id', label: 'Process' },
  { value: 'command_id', label: 'Command' },
] as const;
type Kind = (typeof KINDS)[number]['value'];
const SPANS = Object.entries(AUDIT_SPANS).map(([value, { label }]) => ({ value, label }));

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface LookupProps {
  search: AuditSearch;
  span: AuditSpan;
  onLookup: (search: AuditSearch) => void;
}

export function Lookup({ search, span, onLookup }: LookupProps) {
  const given: Kind = KINDS.find(({ value }) => value !== 'system' && search[value] !== undefined)?.value ?? 'system';
  const givenId = given === 'system' ? undefined : search[given];
  const [kind, setKind] = useState<Kind>(given);
  const [id, setId] = useState('');
  const [error, setError] = useState<string | null>(null);

  // A link may have brought another subject, or the same again while another kind was chosen here.
  const visit = useRouterState({ select: ({ location }) => location.state.__TSR_key });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each visit begins with what the address says
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
    if (!UUID.test(id.trim())) return setError('must be an id, such as 0198c0de-0000-7000-8000-000000000000');
    setError(null);
    onLookup({ [kind]: id.trim(), span, level: kind === 'batch_id' ? search.level : undefined });
  };

  return (
    <form onSubmit={submit} className={classes.lookup} aria-label="Look up">
      <SegmentedControl
        size="xs"
        data={[...KINDS]}
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
            classNames={{ input: classes.mono }}
          />
          <Button type="submit" leftSection={<IconSearch size={14} />}>
            Look up
          </Button>
        </>
      )}
      {search.batch_id !== undefined && kind === 'batch_id' && (
        <Switch
          size="xs"
          className={classes.level}
          label="Only the batch as a whole"
          checked={search.level === 'system'}
          onChange={({ currentTarget: { checked } }) =>
            onLookup({ batch_id: search.batch_id, span, level: checked ? 'system' : undefined })
          }
        />
      )}
    </form>
  );
}
