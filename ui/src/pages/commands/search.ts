// The search parameters of the command list.

import { oneOf, searchOf, text } from '../../parts/search.ts';
import { COMMAND_DISPLAY, PURPOSE_LABELS } from '../../parts/status.ts';

export const commandsSearch = searchOf({
  status: oneOf(COMMAND_DISPLAY),
  domain: text,
  type: text,
  purpose: oneOf(PURPOSE_LABELS),
  created_from: text,
  created_to: text,
  batch_id: text,
  process_id: text,
  cursor: text,
});
export type CommandsSearch = ReturnType<typeof commandsSearch>;
