// The chaos of one command as fields: shares with their expected split, more faults, delay, error and a response of one's own.
// Knows no form: it is told what it holds and tells what changes, so that every form that has chaos has the same.

import { SimpleGrid, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { MAIN_FAULTS } from '../behavior.ts';
import { formatPercent, humanize } from '../format.ts';
import { Legend } from '../stacked-bar.tsx';
import classes from './chaos.module.css';
import type { ChaosFieldsProps } from './chaos.ts';
import { DelayFields } from './delay-fields.tsx';
import { MoreFaults } from './more-faults.tsx';
import { PercentField } from './percent-field.tsx';
import { SplitBar, splitParts } from './split-bar.tsx';

export function ChaosFields(props: ChaosFieldsProps) {
  const { step, path, chaos, errors, onChange } = props;
  return (
    <Stack gap="lg">
      <div>
        <Text size="xs" c="dimmed" mb={6}>
          Expected first attempt, before any retry
        </Text>
        <SplitBar step={step} chaos={chaos} />
        <div className={classes.legend}>
          <Legend parts={splitParts(chaos)} format={formatPercent} hideZero testId={`split-${step}`} />
        </div>
      </div>
      <Stack gap="md">
        {MAIN_FAULTS.map((field) => (
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
      <MoreFaults {...props} />
      <DelayFields {...props} />
      <ErrorFields {...props} />
      <ResponseFields {...props} />
    </Stack>
  );
}

function ErrorFields({ step, path, chaos, errors, onChange, onLeave }: ChaosFieldsProps) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
      <TextInput
        value={chaos.error_code}
        error={errors[`${path}.error_code`]}
        onChange={(event) => onChange('error_code', event.currentTarget.value)}
        onBlur={() => onLeave('error_code')}
        label={`${humanize(step)}: error code`}
        placeholder="CHAOS_TRANSIENT, ..."
        size="sm"
        data-path={`${path}.error_code`}
      />
      <TextInput
        value={chaos.error_message}
        error={errors[`${path}.error_message`]}
        onChange={(event) => onChange('error_message', event.currentTarget.value)}
        onBlur={() => onLeave('error_message')}
        label={`${humanize(step)}: error message`}
        placeholder="the default of each fault"
        size="sm"
        data-path={`${path}.error_message`}
      />
    </SimpleGrid>
  );
}

function ResponseFields({ step, path, chaos, errors, onChange, onLeave }: ChaosFieldsProps) {
  return (
    <Stack gap="sm">
      <Switch
        checked={chaos.send_response}
        onChange={(event) => onChange('send_response', event.currentTarget.checked)}
        label={`${humanize(step)}: merge a response of my own into the reply`}
        size="sm"
        data-path={`${path}.send_response`}
      />
      {chaos.send_response && (
        <Textarea
          value={chaos.response_data}
          error={errors[`${path}.response_data`]}
          onChange={(event) => onChange('response_data', event.currentTarget.value)}
          onBlur={() => onLeave('response_data')}
          label={`${humanize(step)}: response data (JSON object)`}
          placeholder='{"result_path": "elsewhere.pdf"}'
          autosize
          minRows={2}
          maxRows={10}
          classNames={{ input: classes.mono }}
          data-path={`${path}.response_data`}
        />
      )}
    </Stack>
  );
}
