// The verbs of a domain: pause, resume, and cap how many of its commands run at a time.

import { ActionIcon, Button, Group, NumberInput, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconGauge, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import type { Queue } from '../../../../src/http/contract.ts';
import { LIMITS } from '../../../../src/model/limits.ts';
import { capDomain, pauseDomain, queueKeys, resumeDomain } from '../../api/queues.ts';
import { type NumberText, wholeNumberError } from '../../parts/form/checks.ts';
import { useVerbDialog } from '../../parts/form/use-verb-dialog.tsx';
import VerbDialog from '../../parts/form/verb-dialog.tsx';
import { formatCount, pluralize } from '../../parts/format.ts';
import { useVerb } from '../../parts/use-verb.ts';

const affects = [queueKeys.all];

export function Verbs({ queue }: { queue: Queue }) {
  const { domain } = queue;
  const pause = usePause(queue);
  const resume = useVerb({
    send: (_none: undefined, by) => resumeDomain(domain, by()),
    doing: `Resuming ${domain}`,
    done: [`${domain} is resumed`, 'Workers take its commands again.'],
    failed: `${domain} not resumed`,
    affects,
  });
  return (
    <Group gap={6} justify="flex-end" wrap="nowrap">
      <Cap queue={queue} />
      {queue.state === 'RUNNING' ? (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={14} />}
          aria-label={`Pause ${domain}`}
          loading={pause.busy}
          onClick={pause.ask}
        >
          Pause
        </Button>
      ) : (
        <Button
          leftSection={<IconPlayerPlay size={14} />}
          aria-label={`Resume ${domain}`}
          loading={resume.isPending}
          onClick={() => resume.mutate(undefined)}
        >
          Resume
        </Button>
      )}
      {pause.dialog}
    </Group>
  );
}

function usePause({ domain, in_progress }: Queue) {
  const pause = useVerb<string>({
    send: (reason, by) => pauseDomain(domain, by(reason)),
    doing: `Pausing ${domain}`,
    done: [`${domain} is paused`, 'What is in progress runs to its end.'],
    failed: `${domain} not paused`,
    affects,
  });
  return useVerbDialog(pause, {
    title: `Pause ${domain}?`,
    confirm: 'Pause',
    keep: 'Keep it running',
    color: 'orange.9',
    reason: 'optional',
    children: `Workers take none of its commands until it is resumed. ${pluralize(in_progress, 'command')} in progress run to the end; new ones can be sent and wait.`,
  });
}

function Cap({ queue: { domain, max_in_flight, slots } }: { queue: Queue }) {
  const [opened, { open, close }] = useDisclosure(false);
  const [value, setValue] = useState<NumberText>('');
  const [isTried, setIsTried] = useState(false);
  const error = wholeNumberError(value, LIMITS.max_in_flight);
  const cap = useVerb<number | null>({
    send: (max, by) => capDomain(domain, { max_in_flight: max, ...by() }),
    doing: `Capping ${domain}`,
    done: (_domain, max) =>
      max === null
        ? [`${domain} has no cap`, 'Workers take as many commands as they have slots.']
        : [`${domain} is capped`, `At most ${formatCount(max)} at a time, over all workers.`],
    failed: `${domain} not capped`,
    affects,
  });
  const ask = () => {
    setValue(max_in_flight ?? '');
    setIsTried(false);
    open();
  };
  const lift = () => {
    close();
    cap.mutate(null);
  };
  return (
    <>
      <Tooltip label={`Cap ${domain}`}>
        <ActionIcon variant="default" size={30} aria-label={`Cap ${domain}`} onClick={ask}>
          <IconGauge size={16} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      <VerbDialog
        title={`Cap ${domain}`}
        opened={opened}
        onClose={close}
        onConfirm={() => cap.mutate(Number(value))}
        check={() => {
          setIsTried(true);
          return error === null;
        }}
        confirm="Set cap"
        keep="Back"
        color="steel"
      >
        <Text size="sm" mb="md">
          How many of its commands may be in progress at a time, over all workers; they have {pluralize(slots, 'slot')}{' '}
          for it now. Commands above a new cap are not terminated.
        </Text>
        <NumberInput
          label="At most in progress"
          description={`1 to ${formatCount(LIMITS.max_in_flight.max)}`}
          value={value}
          error={isTried && error}
          onChange={setValue}
          {...LIMITS.max_in_flight}
          data-autofocus
        />
        {max_in_flight !== null && (
          <Button variant="subtle" color="gray" mt="xs" onClick={lift} data-testid="lift-cap">
            Remove the cap
          </Button>
        )}
      </VerbDialog>
    </>
  );
}
