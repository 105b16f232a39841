// The fields of a process type's own input, made from its JSON Schema.

import { NumberInput, Select, SimpleGrid, Switch, TextInput } from '@mantine/core';
import { DateInput } from '@mantine/dates';
import '@mantine/dates/styles.css';
import { JsonField } from '../../parts/form/json-field.tsx';
import type { InputField } from './input-schema.ts';
import type { LaunchForm } from './use-launch-form.ts';

export function InputFields({ form, fields }: { form: LaunchForm; fields: readonly InputField[] }) {
  if (fields.length === 0) return null;
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      {fields.map((field) => (
        <OneField key={field.name} form={form} field={field} />
      ))}
    </SimpleGrid>
  );
}

function OneField({ form, field }: { form: LaunchForm; field: InputField }) {
  const { label, description, required, kind, min, max } = field;
  const value = form.getInputProps(`input.${field.name}`, kind === 'flag' ? { type: 'checkbox' } : undefined);
  // Without `required`, so that the errors are ours and the server's, not the browser's.
  const common = { label, description, withAsterisk: required, ...value };
  switch (kind) {
    case 'date':
      return <DateInput {...common} valueFormat="YYYY-MM-DD" placeholder="YYYY-MM-DD" clearable={!required} />;
    case 'choice':
      return <Select {...common} data={field.choices} allowDeselect={!required} />;
    case 'integer':
    case 'number':
      return <NumberInput {...common} min={min} max={max} allowDecimal={kind === 'number'} />;
    case 'flag':
      return <Switch {...common} mt="lg" />;
    case 'json':
      return <JsonField {...common} value={String(value.value ?? '')} minRows={2} />;
    default:
      return <TextInput {...common} />;
  }
}
