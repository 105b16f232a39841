// The frame of every page: navigation, kill switch, connection, actor, color scheme.

import { AppShell, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useRouter } from '@tanstack/react-router';
import { type MouseEvent, useEffect } from 'react';
import { overviewQuery } from '../../api/stats.ts';
import { formatCount, formatShortCount } from '../format.ts';
import { NavTo } from '../links.tsx';
import { Mark } from '../mark.tsx';
import { ActorControl } from './actor-control.tsx';
import { ConnectionLight } from './connection.tsx';
import { KillSwitchBanner, KillSwitchControl } from './kill-switch.tsx';
import { NAV } from './nav.ts';
import { SchemeToggle } from './scheme-toggle.tsx';
import classes from './shell.module.css';

export function Shell() {
  const [opened, { toggle, close }] = useDisclosure(false);
  const router = useRouter();
  useEffect(() => router.subscribe('onBeforeNavigate', close), [router, close]);

  return (
    <AppShell
      header={{ height: { base: 52, sm: 0 } }}
      navbar={{ width: 236, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={0}
      classNames={{ navbar: classes.navbar, header: classes.header, main: classes.main }}
    >
      {/* biome-ignore lint/a11y/useValidAnchor: a link, as screen readers list it; the hash itself must not become a page of the history */}
      <a href="#main" className={classes.skip} onClick={focusMain}>
        Skip to content
      </a>
      <AppShell.Header hiddenFrom="sm">
        <Group h="100%" px="md" justify="space-between">
          <Brand />
          <Group gap="xs">
            <KillSwitchControl compact />
            <Burger opened={opened} onClick={toggle} size="sm" aria-label={opened ? 'Close menu' : 'Open menu'} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label="Main">
        <div className={classes.brandRow}>
          <Brand />
        </div>
        <div className={classes.links}>
          {NAV.map(({ to, label, icon: Icon }) => (
            <NavTo
              key={to}
              to={to}
              label={label}
              activeOptions={{ exact: to === '/', includeSearch: false }}
              activeProps={{ 'data-active': true, 'aria-current': 'page' }}
              leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
              rightSection={to === '/tsq' ? <TsqCount /> : undefined}
              className={classes.link}
            />
          ))}
        </div>
        <div className={classes.foot}>
          <KillSwitchControl />
          <ActorControl />
          <Group justify="space-between" wrap="nowrap" gap="xs">
            <ConnectionLight />
            <SchemeToggle />
          </Group>
        </div>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <div className={classes.content}>
          <KillSwitchBanner />
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  );
}

function Brand() {
  return (
    <Link to="/" className={classes.brand} aria-label="Faultline, to the dashboard">
      <Mark />
      <span>Faultline</span>
    </Link>
  );
}

function TsqCount() {
  const { data } = useQuery(overviewQuery);
  const count = data?.in_troubleshooting ?? 0;
  if (count === 0) return null;
  return (
    <Text
      span
      className={classes.count}
      aria-label={`${formatCount(count)} waiting for an operator`}
      data-testid="tsq-count"
    >
      {formatShortCount(count)}
    </Text>
  );
}

/** Not by URL: the hash would become an entry of the history. */
function focusMain(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
