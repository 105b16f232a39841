// A JSON document as text: says where it does not parse, and sets it in order when it does.

import { Button, Group, Textarea, type TextareaProps } from '@mantine/core';
import classes from './form.module.css';
import { jsonError } from './json-text.ts';

export interface JsonFieldProps extends Omit<TextareaProps, 'value' | 'onChange' | 'defaultValue'> {
  value: string;
  onChange: (text: string) => void;
}

export function JsonField({ value, onChange, error, minRows = 4, ...props }: JsonFieldProps) {
  const broken = value.trim() !== '' && jsonError(value) !== null;
  return (
    <div>
      <Textarea
        {...props}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error}
        autosize
        minRows={minRows}
        maxRows={18}
        spellCheck={false}
        classNames={{ input: classes.mono }}
      />
      <Group justify="flex-end" mt={4}>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          disabled={value.trim() === '' || broken}
          onClick={() => onChange(JSON.stringify(JSON.parse(value), null, 2))}
        >
          Format
        </Button>
      </Group>
    </div>
  );
}
