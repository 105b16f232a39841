// The operator's three verbs in words: one record, so that buttons, dialogs and toasts speak alike.

import { type Icon, IconBan, IconCheck, IconRefresh } from '@tabler/icons-react';
import type { TsqVerb } from '../../api/tsq.ts';

export interface VerbLabels {
  label: string;
  /** While it is under way: "Retrying". */
  doing: string;
  /** "retried" */
  done: string;
  hint: string;
  icon: Icon;
}

export const VERB_LABELS: Record<TsqVerb, VerbLabels> = {
  retry: {
    label: 'Retry',
    doing: 'Retrying',
    done: 'retried',
    hint: 'Back to the queue with its full number of attempts',
    icon: IconRefresh,
  },
  complete: {
    label: 'Complete',
    doing: 'Completing',
    done: 'completed',
    hint: 'Counts as done, with a result you may give; the process goes on',
    icon: IconCheck,
  },
  cancel: {
    label: 'Cancel',
    doing: 'Canceling',
    done: 'canceled',
    hint: 'Never done; the process compensates what it did',
    icon: IconBan,
  },
};
