// The texts of the operator's three verbs, for buttons, dialogs and toasts.

import { type Icon, IconBan, IconCheck, IconRefresh } from '@tabler/icons-react';
import type { TsqVerb } from '../../api/tsq.ts';

export interface VerbLabels {
  label: string;
  /** In progress: "Retrying". */
  doing: string;
  /** "retried" */
  done: string;
  hint: string;
  icon: Icon;
  /** Ends the question of the dialog: "Complete this command by hand?". */
  by: string;
  /** What the dialog says. */
  text: string;
  keep: string;
  color: string;
  reason: 'optional' | 'required';
}

export const VERB_LABELS: Record<TsqVerb, VerbLabels> = {
  retry: {
    label: 'Retry',
    doing: 'Retrying',
    done: 'retried',
    hint: 'Back to the queue with its full number of attempts',
    icon: IconRefresh,
    by: '',
    text: 'Each command returns to its queue with its full number of attempts.',
    keep: 'Back',
    color: 'steel',
    reason: 'optional',
  },
  complete: {
    label: 'Complete',
    doing: 'Completing',
    done: 'completed',
    hint: 'Counts as done, with a result you may give; the process continues',
    icon: IconCheck,
    by: ' by hand',
    text: 'It counts as done, and its process continues with the result given here.',
    keep: 'Back',
    color: 'steel',
    reason: 'optional',
  },
  cancel: {
    label: 'Cancel',
    doing: 'Canceling',
    done: 'canceled',
    hint: 'Never done; the process compensates its completed steps',
    icon: IconBan,
    by: '',
    text: 'It will never be done. A process that waits for it compensates its completed steps.',
    keep: 'Keep waiting',
    color: 'red.9',
    reason: 'required',
  },
};
