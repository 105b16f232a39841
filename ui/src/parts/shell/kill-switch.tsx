// The kill switch: a control that is always in reach, and a banner on every page while all chaos is stopped.

import { ActionIcon, Alert, Button, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconBoltOff, IconHandStop } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { batchKeys } from '../../api/batches.ts';
import { engageKillSwitch, killSwitchKeys, killSwitchQuery } from '../../api/kill-switch.ts';
import { useVerbDialog } from '../form/use-verb-dialog.tsx';
import { Moment } from '../time.tsx';
import { useVerb } from '../use-verb.ts';
import classes from './shell.module.css';

/** Empty until the state of the kill switch is known. `compact`: an icon, for narrow screens. */
export function KillSwitchControl({ compact }: { compact?: boolean }) {
  const { data: killSwitch } = useQuery(killSwitchQuery);
  const stop = useStopChaos();
  const resume = useResumeChaos();
  if (!killSwitch) return null;
  const { stopped } = killSwitch;
  const { ask, busy, dialog } = stopped ? resume : stop;
  const label = stopped ? 'Chaos is stopped' : 'Stop all chaos';
  const action = stopped ? `${label}: resume` : label;
  const Icon = stopped ? IconBoltOff : IconHandStop;
  return (
    <>
      {compact ? (
        <Tooltip label={label}>
          <ActionIcon
            variant={stopped ? 'light' : 'default'}
            color={stopped ? 'red' : undefined}
            size="lg"
            aria-label={action}
            onClick={ask}
            loading={busy}
            data-testid="stop-chaos-compact"
          >
            <Icon size={18} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      ) : (
        <UnstyledButton
          className={classes.killSwitch}
          data-stopped={stopped || undefined}
          aria-label={action}
          onClick={ask}
          disabled={busy}
          data-testid="stop-chaos"
        >
          <Icon size={16} stroke={1.7} aria-hidden />
          {label}
        </UnstyledButton>
      )}
      {dialog}
    </>
  );
}

/** Who stopped all chaos, when and why. */
export function KillSwitchBanner() {
  const { data: killSwitch } = useQuery(killSwitchQuery);
  const { ask, busy, dialog } = useResumeChaos();
  if (!killSwitch?.stopped) return null;
  const { actor, at, reason } = killSwitch;
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
        Stopped by {actor ?? 'an unknown operator'}
        {at && (
          <>
            {' '}
            (<Moment at={at} />)
          </>
        )}
        {reason && `: ${reason}`}
      </Text>
      <Text size="sm">Nothing is injected, and launches that ask for chaos are refused.</Text>
      <Button variant="default" mt="xs" onClick={ask} loading={busy} data-testid="resume-chaos">
        Resume chaos
      </Button>
      {dialog}
    </Alert>
  );
}

const affects = [killSwitchKeys.all, batchKeys.all];

function useStopChaos() {
  const stop = useVerb<string>({
    send: (reason, by) => engageKillSwitch({ stopped: true, ...by(reason) }),
    doing: 'Stopping all chaos',
    done: ['All chaos is stopped', 'Nothing is injected any more. The work itself continues.'],
    failed: 'Chaos was not stopped',
    affects,
  });
  return useVerbDialog(stop, {
    title: 'Stop all chaos?',
    confirm: 'Stop all chaos',
    keep: 'Keep injecting',
    reason: 'optional',
    children:
      'Within a second, no more faults are injected into any batch, and turbulence pauses. Launches that ask for chaos are refused until it is resumed. Work in flight continues, and none of it is lost.',
  });
}

function useResumeChaos() {
  const resume = useVerb<string>({
    send: (reason, by) => engageKillSwitch({ stopped: false, ...by(reason) }),
    doing: 'Resuming chaos',
    done: ['Chaos is resumed', 'What running batches ask for is injected again.'],
    failed: 'Chaos stays stopped',
    affects,
  });
  return useVerbDialog(resume, {
    title: 'Resume chaos?',
    confirm: 'Resume chaos',
    keep: 'Keep it stopped',
    reason: 'optional',
    children: 'What running batches ask for is injected again, and chaos can be launched.',
  });
}
