// The fields of a form by path, so that a form lists its fields and nothing else.

import { NumberInput, type NumberInputProps, Select, TextInput, type TextInputProps } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ReactNode } from 'react';
import type { Range } from '../../../../src/model/limits.ts';

/** What fields need of a form, whatever its values are. */
export interface AnyForm {
  errors: Record<string, ReactNode>;
  getInputProps(path: string, options?: { type: 'checkbox' }): ReturnType<UseFormReturnType<object>['getInputProps']>;
  setFieldValue(path: string, value: unknown): void;
}

export function fieldsOf(form: AnyForm) {
  const common = (path: string, label: string, description: ReactNode) => ({
    ...form.getInputProps(path),
    label,
    description,
  });
  return {
    text: (path: string, label: string, description: ReactNode, placeholder?: string, props?: TextInputProps) => (
      <TextInput {...common(path, label, description)} placeholder={placeholder} {...props} />
    ),
    number: (path: string, label: string, description: ReactNode, range: Partial<Range>, props?: NumberInputProps) => (
      <NumberInput {...common(path, label, description)} {...range} {...props} />
    ),
    select: (path: string, label: string, description: ReactNode, labels: Record<string, string>, disabled = false) => (
      <Select
        {...common(path, label, description)}
        data={optionsOf(labels)}
        allowDeselect={false}
        disabled={disabled}
      />
    ),
  };
}

/** Choices from a record of labels. */
export function optionsOf(labels: Record<string, string>) {
  return Object.entries(labels).map(([value, label]) => ({ value, label }));
}
