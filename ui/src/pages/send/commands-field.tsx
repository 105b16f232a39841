// A list of commands as JSON.

import { LIMITS } from '../../../../src/model/limits.ts';
import { JsonField, type JsonFieldProps } from '../../parts/form/json-field.tsx';
import { formatCount } from '../../parts/format.ts';

/** `verb`: what happens to them, such as "sent". */
export function CommandsField({ verb, ...props }: JsonFieldProps & { verb: string }) {
  return (
    <JsonField
      label="Commands"
      description={`a JSON array of 1 to ${formatCount(LIMITS.request_commands.max)}; all are ${verb}, or none`}
      placeholder='[{"type": "TestCommand", "payload": {"account": 7}}, {"type": "TestCommand"}]'
      withAsterisk
      {...props}
    />
  );
}
