// The settings as a form: each field with its default and its errors, and one button for all.

import { ActionIcon, Button, Group, NumberInput, SimpleGrid, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { SettingsChange } from '../../../../src/http/contract.ts';
import { SETTING_BOUNDS } from '../../../../src/model/limits.ts';
import { problemFrom } from '../../api/client.ts';
import { changeSettings, serviceKeys } from '../../api/service.ts';
import type { NumberText } from '../../parts/form/checks.ts';
import { Panel } from '../../parts/panel.tsx';
import { useVerb } from '../../parts/use-verb.ts';
import {
  changeOf,
  GROUPS,
  type SettingField,
  type SettingsValues,
  type ShownSettings,
  settingsValues,
  shownAs,
  validateSettings,
} from './form.ts';

export function SettingsForm({ shown }: { shown: ShownSettings }) {
  const queryClient = useQueryClient();
  /** Only what was typed; the other fields follow the server. */
  const [typed, setTyped] = useState<Partial<SettingsValues>>({});
  /** The server's errors by path, until the field is changed. */
  const [refusals, setRefusals] = useState<Record<string, string>>({});
  const values = { ...settingsValues(shown), ...typed };
  const errors = validateSettings(values);
  const change = Object.keys(errors).length === 0 ? changeOf(shown, values) : null;

  const save = useVerb({
    send: (body: SettingsChange, by) => changeSettings({ ...by(), ...body }),
    doing: 'Saving settings',
    done: ['Settings saved', 'They apply to every process within a second.'],
    failed: 'Settings not saved',
    affects: [],
    onDone: (config) => {
      queryClient.setQueryData(serviceKeys.config, config);
      setTyped({});
    },
  });
  const onError = (error: unknown) =>
    // `retry.backoff_ms.1` is an item of that field.
    setRefusals(
      Object.fromEntries(problemFrom(error).errors.map(({ path, message }) => [path.replace(/\.\d+$/, ''), message])),
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (change !== null) save.mutate(change, { onError });
  };
  const set = ({ path }: SettingField, value: NumberText) => {
    setRefusals(({ [path]: _changed, ...rest }) => rest);
    setTyped((before) => ({ ...before, [path]: value }));
  };

  return (
    <form onSubmit={submit} noValidate data-testid="settings-form">
      <Stack gap="lg">
        {GROUPS.map(({ title, hint, fields }) => (
          <Panel key={title} title={title}>
            <Text size="sm" c="dimmed" mb="md">
              {hint}
            </Text>
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              {fields.map((field) => (
                <Field
                  key={field.path}
                  field={field}
                  shown={shown}
                  value={values[field.path]}
                  error={errors[field.path] ?? refusals[field.path]}
                  onChange={(value) => set(field, value)}
                />
              ))}
            </SimpleGrid>
          </Panel>
        ))}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" disabled={Object.keys(typed).length === 0} onClick={() => setTyped({})}>
            Undo changes
          </Button>
          <Button type="submit" disabled={change === null} loading={save.isPending} data-testid="save-settings">
            Save settings
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface FieldProps {
  field: SettingField;
  shown: ShownSettings;
  value: NumberText;
  error: string | undefined;
  onChange: (value: NumberText) => void;
}

function Field({ field, shown, value, error, onChange }: FieldProps) {
  const normal = shown[field.path]?.default;
  const isDefault = String(value) === String(shownAs(field.path, normal));
  const common = {
    label: field.label,
    description: `${field.description}; default ${field.format(normal)}`,
    error,
    rightSection: isDefault ? null : (
      <Tooltip label={`Back to the default: ${field.format(normal)}`}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`${field.label}: back to the default`}
          onClick={() => onChange(shownAs(field.path, normal))}
        >
          <IconArrowBackUp size={16} />
        </ActionIcon>
      </Tooltip>
    ),
  };
  if (field.path === 'retry.backoff_ms')
    return <TextInput {...common} value={String(value)} onChange={(event) => onChange(event.currentTarget.value)} />;
  return (
    <NumberInput
      {...common}
      value={value}
      onChange={onChange}
      {...SETTING_BOUNDS[field.path]}
      placeholder={field.optional ? 'never' : undefined}
    />
  );
}
