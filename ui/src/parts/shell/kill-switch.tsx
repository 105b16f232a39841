// The kill switch: a control that is always in reach, and a banner on every page while all chaos is stopped.

import { ActionIcon, Alert, Button, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBoltOff, IconHandStop } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { killSwitchQuery } from '../../api/kill-switch.ts';
import { Moment } from '../time.tsx';
import classes from './shell.module.css';
import { useKillSwitch } from './use-kill-switch.ts';

const KillSwitchDialog = lazy(() => import('./kill-switch-dialog.tsx'));

/** Nothing until it is known how the kill switch stands. `compact`: an icon, for narrow screens. */
export function KillSwitchControl({ compact }: { compact?: boolean }) {
  const { data: killSwitch } = useQuery(killSwitchQuery);
  const pull = usePull(killSwitch?.stopped !== true);
  if (!killSwitch) return null;
  const words = killSwitch.stopped ? 'Chaos is stopped' : 'Stop all chaos';
  const Icon = killSwitch.stopped ? IconBoltOff : IconHandStop;
  return (
    <>
      {compact ? (
        <Tooltip label={words}>
          <ActionIcon
            variant={killSwitch.stopped ? 'light' : 'default'}
            color={killSwitch.stopped ? 'red' : undefined}
            size="lg"
            aria-label={killSwitch.stopped ? `${words}: resume` : words}
            onClick={pull.ask}
            loading={pull.busy}
            data-testid="stop-chaos-compact"
          >
            <Icon size={18} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      ) : (
        <UnstyledButton
          className={classes.killSwitch}
          data-stopped={killSwitch.stopped || undefined}
          aria-label={killSwitch.stopped ? `${words}: resume` : words}
          onClick={pull.ask}
          disabled={pull.busy}
          data-testid="stop-chaos"
        >
          <Icon size={16} stroke={1.7} aria-hidden />
          {words}
        </UnstyledButton>
      )}
      {pull.dialog}
    </>
  );
}

/** Who stopped all chaos, when and why. */
export function KillSwitchBanner() {
  const { data: killSwitch } = useQuery(killSwitchQuery);
  const resume = usePull(false);
  if (!killSwitch?.stopped) return null;
  return (
    <Alert
      color="red"
      icon={<IconBoltOff />}
      title="All chaos is stopped"
      mb="lg"
      role="status"
      data-testid="kill-switch-banner"
    >
      <Text size="sm">
        {killSwitch.actor ?? 'Somebody'} stopped it
        {killSwitch.at && (
          <>
            {' '}
            (<Moment at={killSwitch.at} />)
          </>
        )}
        {killSwitch.reason && `: ${killSwitch.reason}`}
      </Text>
      <Text size="sm">Nothing is injected, and launches that ask for chaos are refused.</Text>
      <Button variant="default" mt="xs" onClick={resume.ask} loading={resume.busy} data-testid="resume-chaos">
        Resume chaos
      </Button>
      {resume.dialog}
    </Alert>
  );
}

function usePull(stopped: boolean): { ask: () => void; busy: boolean; dialog: ReactNode } {
  const [asked, { open, close }] = useDisclosure(false);
  const killSwitch = useKillSwitch();
  const dialog = asked && (
    <Suspense>
      <KillSwitchDialog
        stopped={stopped}
        onClose={close}
        onConfirm={(reason) => killSwitch.mutate({ stopped, reason })}
      />
    </Suspense>
  );
  return { ask: open, busy: killSwitch.isPending, dialog };
}
