// What disturbs the service while the batch runs, each on a schedule; only what this service allows can be asked for.

import { Alert, SimpleGrid, Text, TextInput } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import type { Config } from '../../../../src/http/contract.ts';
import { TURBULENCE_KINDS, TURBULENCE_LABELS } from '../../parts/experiment/experiment.ts';
import type { LaunchForm } from './use-launch-form.ts';

export function TurbulenceFields({ form, config }: { form: LaunchForm; config: Config }) {
  const allowed = config.turbulence;
  const asked = form.values.experiment.turbulence;
  // What a cloned batch asked for is shown even where it is not allowed, so that it can be taken out.
  const kinds = TURBULENCE_KINDS.filter((kind) => allowed.includes(kind) || asked[kind].trim());
  return (
    <div data-testid="turbulence">
      <Text size="sm" fw={500}>
        Turbulence
      </Text>
      <Text size="xs" c="dimmed" mb={6}>
        Happens to the service itself, to every batch that runs: each so often, the first time after one such span.
      </Text>
      {kinds.length > 0 && (
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
          {kinds.map((kind) => (
            <TextInput
              key={kind}
              {...form.getInputProps(`experiment.turbulence.${kind}`)}
              label={`${TURBULENCE_LABELS[kind].label} every`}
              description={allowed.includes(kind) ? TURBULENCE_LABELS[kind].effect : 'not allowed here: leave it empty'}
              placeholder="never"
              size="sm"
            />
          ))}
          {asked.pause_postgres.trim() && (
            <TextInput
              {...form.getInputProps('experiment.pause')}
              label="Each pause lasts"
              description="less than the time between two"
              placeholder="2 s"
              size="sm"
            />
          )}
          {kinds.some((kind) => asked[kind].trim()) && (
            <TextInput
              {...form.getInputProps('experiment.lasting')}
              label="Turbulence ends after"
              description="counted from the launch"
              placeholder="the batch has ended"
              size="sm"
            />
          )}
        </SimpleGrid>
      )}
      <NotAllowed allowed={allowed} />
    </div>
  );
}

function NotAllowed({ allowed }: { allowed: readonly string[] }) {
  const missing = TURBULENCE_KINDS.filter((kind) => !allowed.includes(kind));
  if (missing.length === 0) return null;
  const names = missing.map((kind) => TURBULENCE_LABELS[kind].label.toLowerCase()).join(', ');
  return (
    <Alert color="gray" icon={<IconInfoCircle />} mt={allowed.length > 0 ? 'sm' : 0} data-testid="turbulence-refused">
      {allowed.length === 0
        ? 'Not allowed here. Faultline disturbs only the PostgreSQL that it brings along, or yours when it was started with --allow-turbulence.'
        : `Not allowed here: ${names}. These need the PostgreSQL that Faultline brings along.`}
    </Alert>
  );
}
