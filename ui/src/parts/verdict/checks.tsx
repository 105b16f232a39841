// The checks of a verdict: each tells its rule, how much it looked at and who violates it; its SQL for whoever wants to see for himself.

import { Accordion, Code, Collapse, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { Check } from '../../../../src/http/contract.ts';
import { formatCount, humanize, pluralize, shortId } from '../format.ts';
import { CopyIcon } from '../id.tsx';
import { LinkTo } from '../links.tsx';
import { CHECK_DISPLAY } from '../status.ts';
import { StatusBadge } from '../status-badge.tsx';
import classes from './verdict.module.css';

/** Those that fail are open until somebody closes them. */
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
      {check.note && (
        <Text size="sm" c="dimmed">
          {check.note}
        </Text>
      )}
      {check.violating_ids.length > 0 && <Violations check={check} />}
      {check.sql && <Sql name={check.name} text={check.sql} />}
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
        <ul className={classes.details}>
          {check.details.map((detail) => (
            <li key={detail}>
              <WithLink detail={detail} />
            </li>
          ))}
        </ul>
      )}
      <Group gap="xs">
        {shown.map((id) => (
          <IdLink key={id} id={id} />
        ))}
        {shown.length < others.length && (
          <UnstyledButton className={classes.disclosure} onClick={open}>
            {formatCount(others.length - shown.length)} more
          </UnstyledButton>
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

/** `<id>: what is wrong` with a link where the id stands. */
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
    <LinkTo to="/find/$id" params={{ id }} size="sm" className={classes.id} title={id} preload={false}>
      {shortId(id)}
    </LinkTo>
  );
}

function Sql({ name, text }: { name: string; text: string }) {
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <div>
      <UnstyledButton className={classes.disclosure} onClick={toggle} aria-expanded={opened}>
        <IconChevronRight size={13} data-open={opened || undefined} aria-hidden />
        SQL
      </UnstyledButton>
      <Collapse expanded={opened} keepMounted={false}>
        <div className={classes.sql}>
          <Code block tabIndex={0} role="region" aria-label={`SQL of ${humanize(name)}`}>
            {text}
          </Code>
          <span className={classes.sqlCopy}>
            <CopyIcon value={text} label="Copy SQL" />
          </span>
        </div>
      </Collapse>
    </div>
  );
}
