// Deletes a profile, after asking once more; batches launched with it keep their behavior.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Profile } from '../../../../src/http/contract.ts';
import { deleteProfile, profileKeys } from '../../api/profiles.ts';
import { VerbDialog } from '../../parts/form/verb-dialog.tsx';
import { startToast } from '../../parts/toast.ts';

export function useDeleteProfile(): { ask: (profile: Profile) => void; dialog: ReactNode } {
  const [asked, setAsked] = useState<Profile | null>(null);
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: ({ profile_id }: Profile) => deleteProfile(profile_id),
    onMutate: ({ name }) => startToast(`Deleting ${name}…`),
    onSuccess: (_none, { name }, toast) => toast.done(`${name} deleted`),
    onError: (error, { name }, toast) => toast?.failed(`${name} not deleted`, error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: profileKeys.all }),
  });
  const dialog = (
    <VerbDialog
      title={`Delete ${asked?.name ?? ''}?`}
      opened={asked !== null}
      onClose={() => setAsked(null)}
      onConfirm={() => asked && mutation.mutate(asked)}
      confirm="Delete profile"
      keep="Keep it"
    >
      Batches launched with it keep their behavior.
    </VerbDialog>
  );
  return { ask: setAsked, dialog };
}
