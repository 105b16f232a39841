// A verb with a dialog that confirms it. The dialog is loaded when it is first opened: the frame of every page has one.

import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { VerbDialogProps } from './verb-dialog.tsx';

const VerbDialog = lazy(() => import('./verb-dialog.tsx'));

export interface ConfirmedVerb {
  ask: () => void;
  /** To be rendered by the caller. */
  dialog: ReactNode;
  busy: boolean;
}

/** Runs the verb when it is confirmed. */
export function useVerbDialog(
  verb: { mutate: (reason: string) => void; isPending: boolean },
  props: Omit<VerbDialogProps, 'opened' | 'onClose' | 'onConfirm'>,
): ConfirmedVerb {
  /** Null until it is first opened. */
  const [opened, setOpened] = useState<boolean | null>(null);
  const dialog = opened !== null && (
    <Suspense>
      <VerbDialog
        {...props}
        opened={opened}
        onClose={() => setOpened(false)}
        onConfirm={(reason) => verb.mutate(reason)}
      />
    </Suspense>
  );
  return { ask: () => setOpened(true), dialog, busy: verb.isPending };
}
