// The checks of a verdict: rule, counts, violations, and the SQL that repeats the check.

import { Accordion, Button, Code, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import type { Check } from '../../../../src/http/contract.ts';
import { Disclosure } from '../disclosure.tsx';
import { formatCount, humanize, pluralize, shortId } from '../format.ts';
import { CodeView } from '../json-view.tsx';
import { LinkTo } from '../links.tsx';
import { Note } from '../panel.tsx';
import { CHECK_DISPLAY } from '../status.ts';
import { StatusBadge } from '../status-badge.tsx';
import classes from './verdict.module.css';

/** Failed checks are open at first. */
export function Checks({ checks }: { checks: readonly Check[] }) {
  const failing = checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
  const [toggled, setToggled] = useState<Record<string, boolean>>({});
  const opened = checks.map(({ name }) => name).filter((name) => toggled[name] ?? failing.includes(name));
  const onChange = (names: string[]) =>
    setToggled(Object.fromEntries(checks.map(({ name }) => [name, names.includes(name)])));
  return (
    <Accordion multiple value={opened} onChange={onChange} chevronPosition="left" className={classes.checks} order={3}>
      {checks.map((check) => (
        <Accordion.Item
          key={check.name}
          value={check.name}
          data-testid={`check-${check.name}`}
          data-status={check.status}
        >
          <Accordion.Control py={0}>
            <Group justify="space-between" gap="xs" pe="sm" wrap="nowrap">
              <Text size="sm" fw={500}>
                {humanize(check.name)}
              </Text>
              <Group gap="sm" wrap="nowrap" className={classes.checkFigures}>
                <Text size="xs" c={check.status === 'fail' ? 'red' : 'dimmed'}>
                  {figuresOf(check)}
                </Text>
                <StatusBadge display={CHECK_DISPLAY[check.status]} size="sm" />
              </Group>
            </Group>
          </Accordion.Control>
          <Accordion.Panel>
            <CheckDetails check={check} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

function figuresOf({ status, violations, checked }: Check): string {
  if (status === 'skipped') return '';
  const figure = `${formatCount(checked)} checked`;
  return status === 'fail' ? `${pluralize(violations, 'violation')} · ${figure}` : figure;
}

function CheckDetails({ check }: { check: Check }) {
  return (
    <Stack gap="sm">
      <Text size="sm">{check.rule}</Text>
      {check.note && <Note>{check.note}</Note>}
      {check.violating_ids.length > 0 && <Violations check={check} />}
      {check.sql && (
        <Disclosure label="SQL">
          <CodeView text={check.sql} label={`SQL of ${humanize(check.name)}`} />
        </Disclosure>
      )}
    </Stack>
  );
}

const FIRST_SHOWN = 12;

/** Violations with details first, then the remaining ids. */
function Violations({ check }: { check: Check }) {
  const [all, { open }] = useDisclosure(false);
  const others = check.violating_ids.filter((id) => !check.details.some((detail) => detail.startsWith(id)));
  const shown = all ? others : others.slice(0, FIRST_SHOWN);
  return (
    <div data-testid="violations">
      {check.details.length > 0 && (
        <Stack gap={4} mb="xs" fz="sm" style={{ overflowWrap: 'anywhere' }}>
          {check.details.map((detail) => (
            <div key={detail}>
              <WithLink detail={detail} />
            </div>
          ))}
        </Stack>
      )}
      <Group gap="xs">
        {shown.map((id) => (
          <IdLink key={id} id={id} />
        ))}
        {shown.length < others.length && (
          <Button variant="transparent" color="gray" size="compact-xs" onClick={open}>
            {formatCount(others.length - shown.length)} more
          </Button>
        )}
      </Group>
      {check.violations > check.violating_ids.length && (
        <Text size="xs" c="dimmed" mt={4}>
          The first {formatCount(check.violating_ids.length)} of {formatCount(check.violations)}.
        </Text>
      )}
    </div>
  );
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** A detail is `<id>: what is wrong`; the id becomes a link. */
function WithLink({ detail }: { detail: string }) {
  const id = ID.exec(detail)?.[0];
  if (!id) return detail;
  return (
    <>
      <IdLink id={id} />
      {detail.slice(id.length)}
    </>
  );
}

function IdLink({ id }: { id: string }): ReactNode {
  if (!ID.test(id)) return <Code>{id}</Code>;
  return (
    <LinkTo to="/find/$id" params={{ id }} size="sm" ff="monospace" title={id} preload={false}>
      {shortId(id)}
    </LinkTo>
  );
}
