// Does something to a domain: said at once in a toast, and the list is asked again when it is known what became of it.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { capDomain, pauseDomain, queueKeys, resumeDomain } from '../../api/queues.ts';
import { actorBody, useActor } from '../../parts/actor.ts';
import { formatCount } from '../../parts/format.ts';
import { startToast } from '../../parts/toast.ts';

export type DomainVerb =
  | { verb: 'pause'; domain: string; reason?: string }
  | { verb: 'resume'; domain: string }
  | { verb: 'cap'; domain: string; max_in_flight: number | null };

export function useDomainVerb() {
  const queryClient = useQueryClient();
  const actor = actorBody(useActor());
  return useMutation({
    mutationFn: (act: DomainVerb) => {
      if (act.verb === 'pause') return pauseDomain(act.domain, { ...actor, ...(act.reason && { reason: act.reason }) });
      if (act.verb === 'resume') return resumeDomain(act.domain, actor);
      return capDomain(act.domain, { ...actor, max_in_flight: act.max_in_flight });
    },
    onMutate: (act) => startToast(`${act.domain}…`),
    onSuccess: (_answer, act, toast) => toast.done(...said(act)),
    onError: (error, act, toast) => toast?.failed(`${act.domain}: nothing was changed`, error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: queueKeys.all }),
  });
}

function said(act: DomainVerb): [title: string, message: string] {
  if (act.verb === 'pause') return [`${act.domain} is paused`, 'What is in progress runs to its end.'];
  if (act.verb === 'resume') return [`${act.domain} goes on`, 'Workers take from it again.'];
  return act.max_in_flight === null
    ? [`${act.domain} has no cap`, 'Workers take as much as they have slots.']
    : [`${act.domain} is capped`, `At most ${formatCount(act.max_in_flight)} at a time, over all workers.`];
}
