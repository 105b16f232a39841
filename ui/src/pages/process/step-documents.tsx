// Payload and result of a command, folded away.

import { SimpleGrid } from '@mantine/core';
import type { ProcessStep } from '../../../../src/http/contract.ts';
import { Disclosure } from '../../parts/disclosure.tsx';
import { humanize } from '../../parts/format.ts';
import { JsonView } from '../../parts/json-view.tsx';

export function StepDocuments({ step }: { step: ProcessStep }) {
  const name = humanize(step.step).toLowerCase();
  return (
    <Disclosure label="Payload and result">
      <SimpleGrid minColWidth="16rem" autoFlow="auto-fit" spacing="sm" mt={6}>
        <JsonView value={step.payload} label={`Payload of ${name}`} />
        <JsonView value={step.result} label={`Result of ${name}`} />
      </SimpleGrid>
    </Disclosure>
  );
}
