// The rarer faults of a command, in a group that stays closed until it is wanted or holds something.

import { Collapse, NumberInput, Stack, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronRight } from '@tabler/icons-react';
import { FIRST_ATTEMPTS, MORE_FAULTS } from '../behavior.ts';
import { humanize, pluralize } from '../format.ts';
import classes from './chaos.module.css';
import { type ChaosFieldsProps, MAX_FIRST_ATTEMPTS, numberOf, type StepChaos } from './chaos.ts';
import { PercentField } from './percent-field.tsx';

const FIELDS = [...MORE_FAULTS, 'fail_first_attempts'] as const;

export function MoreFaults({ step, path, chaos, errors, onChange, onLeave }: ChaosFieldsProps) {
  const set = FIELDS.filter((field) => (numberOf(chaos[field]) ?? 0) > 0).length;
  const faulty = FIELDS.some((field) => errors[`${path}.${field}`]);
  const [wanted, { toggle }] = useDisclosure(set > 0);
  const opened = wanted || faulty;
  return (
    <div>
      <UnstyledButton
        className={classes.more}
        onClick={toggle}
        aria-expanded={opened}
        aria-label={`More faults of ${step}`}
        data-testid={`more-faults-${step}`}
      >
        <IconChevronRight size={15} data-open={opened || undefined} aria-hidden />
        More faults
        <Text span size="xs" c="dimmed" fw={400}>
          {set > 0 ? `${pluralize(set, 'kind')} set` : 'crash, lost connection, lost acknowledgement, duplicate, ...'}
        </Text>
      </UnstyledButton>
      <Collapse expanded={opened} keepMounted={false}>
        <Stack gap="md" pt="md">
          <FirstAttempts {...{ step, path, chaos, errors, onChange, onLeave }} />
          {MORE_FAULTS.map((field) => (
            <PercentField
              key={field}
              step={step}
              path={`${path}.${field}`}
              field={field}
              value={chaos[field]}
              error={errors[`${path}.${field}`]}
              onChange={(value) => onChange(field, value)}
            />
          ))}
        </Stack>
      </Collapse>
    </div>
  );
}

function FirstAttempts({ step, path, chaos, errors, onChange, onLeave }: ChaosFieldsProps) {
  const field: keyof StepChaos = 'fail_first_attempts';
  return (
    <div className={classes.percent} data-path={`${path}.${field}`}>
      <div className={classes.percentLabels}>
        <Text size="sm" fw={500}>
          {humanize(FIRST_ATTEMPTS.label)}
        </Text>
        <Text size="xs" c="dimmed">
          {FIRST_ATTEMPTS.effect}
        </Text>
      </div>
      <NumberInput
        w={104}
        size="xs"
        ms="auto"
        aria-label={`${humanize(step)}: ${FIRST_ATTEMPTS.label}`}
        value={chaos.fail_first_attempts}
        error={errors[`${path}.${field}`]}
        onChange={(value) => onChange(field, value)}
        onBlur={() => onLeave(field)}
        placeholder="0"
        min={0}
        max={MAX_FIRST_ATTEMPTS}
        allowDecimal={false}
        clampBehavior="none"
      />
    </div>
  );
}
