// The known domains and command types: suggestions, not limits.

import { useQuery } from '@tanstack/react-query';
import type { Config } from '../../../../src/http/contract.ts';
import { configQuery } from '../../api/service.ts';
import { workersQuery } from '../../api/stats.ts';
import { BUNDLED } from './form.ts';

export interface KnownTypes {
  domains: string[];
  typesOf: (domain: string) => string[];
}

export function useKnownTypes(): KnownTypes {
  const { data: config } = useQuery(configQuery);
  const { data: workers } = useQuery({ ...workersQuery, refetchInterval: false });
  return knownTypes(config?.process_types ?? [], workers?.items.flatMap((worker) => worker.domains) ?? []);
}

/** Pure, for tests. Commands cannot be sent to the internal domain. */
export function knownTypes(processTypes: Config['process_types'], workerDomains: readonly string[]): KnownTypes {
  const types = new Map<string, Set<string>>([[BUNDLED.domain, new Set([BUNDLED.type])]]);
  for (const { domain, steps } of processTypes) {
    const ofDomain = types.get(domain) ?? new Set<string>();
    for (const { command } of steps) ofDomain.add(command);
    types.set(domain, ofDomain);
  }
  const domains = new Set([...types.keys(), ...workerDomains.filter((domain) => domain !== 'faultline')]);
  return { domains: [...domains], typesOf: (domain) => [...(types.get(domain) ?? [])] };
}
