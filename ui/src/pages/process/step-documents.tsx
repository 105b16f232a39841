// Payload and result of a command, folded away until asked for.

import { Collapse, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronRight } from '@tabler/icons-react';
import type { ProcessStep } from '../../../../src/http/contract.ts';
import { humanize } from '../../parts/format.ts';
import { JsonView } from '../../parts/json-view.tsx';
import classes from './process.module.css';

export function StepDocuments({ step }: { step: ProcessStep }) {
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <div>
      <UnstyledButton className={classes.disclosure} onClick={toggle} aria-expanded={opened}>
        <IconChevronRight size={13} data-open={opened || undefined} aria-hidden />
        Payload and result
      </UnstyledButton>
      <Collapse expanded={opened} keepMounted={false}>
        <div className={classes.documents}>
          <JsonView value={step.payload} label={`Payload of ${humanize(step.step).toLowerCase()}`} />
          <JsonView value={step.result} label={`Result of ${humanize(step.step).toLowerCase()}`} />
        </div>
      </Collapse>
    </div>
  );
}
