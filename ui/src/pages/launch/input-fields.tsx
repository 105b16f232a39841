// The fields of a process type's own input, made from its JSON Schema.

import { NumberInput, Select, SimpleGrid, Switch, Textarea, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import '@mantine/dates/styles.css';
import type { InputField } from './input-schema.ts';
import classes from './launch.module.css';
import type { LaunchForm } from './use-launch-form.ts';

export function InputFields({ form, fields }: { form: LaunchForm; fields: readonly InputField[] }) {
  if (fields.length === 0) return null;
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
      {fields.map((field) => (
        <OneField key={field.name} form={form} field={field} />
      ))}
    </SimpleGrid>
  );
}

function OneField({ form, field }: { form: LaunchForm; field: InputField }) {
  const path = `input.${field.name}`;
  const common = {
    label: field.label,
    description: field.description,
    // Without the browser's own check: the server's words and ours stand at the field.
    withAsterisk: field.required,
    size: 'sm',
    ...form.getInputProps(path, field.kind === 'flag' ? { type: 'checkbox' } : undefined),
  } as const;
  switch (field.kind) {
    case 'date':
      return <DateInput {...common} valueFormat="YYYY-MM-DD" placeholder="YYYY-MM-DD" clearable={!field.required} />;
    case 'choice':
      return <Select {...common} data={field.choices} allowDeselect={!field.required} />;
    case 'integer':
    case 'number':
      return (
        <NumberInput
          {...common}
          min={field.min}
          max={field.max}
          allowDecimal={field.kind === 'number'}
          clampBehavior="none"
        />
      );
    case 'flag':
      return <Switch {...common} mt="lg" />;
    case 'json':
      return <Textarea {...common} autosize minRows={2} maxRows={12} classNames={{ input: classes.mono }} />;
    default:
      return <TextInput {...common} />;
  }
}
