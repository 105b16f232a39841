// The safety lever: a control that is always in reach, and a banner on every page while all chaos is stopped.

import { ActionIcon, Alert, Button, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBoltOff, IconHandStop } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { leverQuery } from '../../api/kill-switch.ts';
import { Moment } from '../time.tsx';
import classes from './shell.module.css';
import { useLever } from './use-kill-switch.ts';

const LeverDialog = lazy(() => import('./kill-switch-dialog.tsx'));

/** Nothing until it is known how the lever stands. `compact`: an icon, for narrow screens. */
export function LeverControl({ compact }: { compact?: boolean }) {
  const { data: lever } = useQuery(leverQuery);
  const pull = usePull(lever?.stopped !== true);
  if (!lever) return null;
  const words = lever.stopped ? 'Chaos is stopped' : 'Stop all chaos';
  const Icon = lever.stopped ? IconBoltOff : IconHandStop;
  return (
    <>
      {compact ? (
        <Tooltip label={words}>
          <ActionIcon
            variant={lever.stopped ? 'light' : 'default'}
            color={lever.stopped ? 'red' : undefined}
            size="lg"
            aria-label={lever.stopped ? `${words}: resume` : words}
            onClick={pull.ask}
            loading={pull.busy}
            data-testid="stop-chaos-compact"
          >
            <Icon size={18} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      ) : (
        <UnstyledButton
          className={classes.lever}
          data-stopped={lever.stopped || undefined}
          aria-label={lever.stopped ? `${words}: resume` : words}
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
export function LeverBanner() {
  const { data: lever } = useQuery(leverQuery);
  const resume = usePull(false);
  if (!lever?.stopped) return null;
  return (
    <Alert
      color="red"
      icon={<IconBoltOff />}
      title="All chaos is stopped"
      mb="lg"
      role="status"
      data-testid="lever-banner"
    >
      <Text size="sm">
        {lever.actor ?? 'Somebody'} stopped it
        {lever.at && (
          <>
            {' '}
            (<Moment at={lever.at} />)
          </>
        )}
        {lever.reason && `: ${lever.reason}`}
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
  const lever = useLever();
  const dialog = asked && (
    <Suspense>
      <LeverDialog stopped={stopped} onClose={close} onConfirm={(reason) => lever.mutate({ stopped, reason })} />
    </Suspense>
  );
  return { ask: open, busy: lever.isPending, dialog };
}
