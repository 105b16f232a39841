// Which record to look up: the kind of thing, and its id.

import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type FormEvent, useEffect, useState } from 'react';
import type { AuditSubject } from '../../api/audit.ts';
import classes from './audit.module.css';

const KINDS = [
  { value: 'command_id', label: 'Command' },
  { value: 'process_id', label: 'Process' },
  { value: 'batch_id', label: 'Batch' },
] as const;
type Kind = (typeof KINDS)[number]['value'];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface LookupProps {
  subject: AuditSubject;
  onLookup: (subject: AuditSubject) => void;
}

export function Lookup({ subject, onLookup }: LookupProps) {
  const given = KINDS.find(({ value }) => subject[value] !== undefined)?.value;
  const givenId = given && subject[given];
  const [kind, setKind] = useState<Kind>(given ?? 'process_id');
  const [id, setId] = useState('');
  const [error, setError] = useState<string | null>(null);

  // A link may have brought another subject.
  useEffect(() => {
    if (given) setKind(given);
    setId(givenId ?? '');
    setError(null);
  }, [given, givenId]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!UUID.test(id.trim())) return setError('must be an id, such as 0198c0de-0000-7000-8000-000000000000');
    setError(null);
    onLookup({ [kind]: id.trim() });
  };

  return (
    <form onSubmit={submit} className={classes.lookup} aria-label="Look up">
      <SegmentedControl
        size="xs"
        data={[...KINDS]}
        value={kind}
        onChange={(value) => setKind(value as Kind)}
        aria-label="Of what"
      />
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
    </form>
  );
}
