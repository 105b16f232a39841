// Asks once more before the kill switch is pulled or put back. Loaded when it is first wanted.

import { VerbDialog } from '../form/verb-dialog.tsx';

export interface KillSwitchDialogProps {
  /** What it would become. */
  stopped: boolean;
  onClose: () => void;
  onConfirm: (reason: string) => void;
}

export default function KillSwitchDialog({ stopped, onClose, onConfirm }: KillSwitchDialogProps) {
  if (stopped) {
    return (
      <VerbDialog
        opened
        onClose={onClose}
        onConfirm={onConfirm}
        title="Stop all chaos?"
        confirm="Stop all chaos"
        keep="Let it go on"
        reason="optional"
      >
        Within a second nothing is injected any more, into any batch, and turbulence pauses. Launches that ask for chaos
        are refused until somebody resumes it. Work in flight goes on, and nothing of it is lost.
      </VerbDialog>
    );
  }
  return (
    <VerbDialog
      opened
      onClose={onClose}
      onConfirm={onConfirm}
      title="Let chaos go on?"
      confirm="Resume chaos"
      keep="Keep it stopped"
      reason="optional"
    >
      What running batches ask for is injected again, and chaos can be launched.
    </VerbDialog>
  );
}
