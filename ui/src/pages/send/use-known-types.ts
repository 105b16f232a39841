// The known domains and command types: suggestions, not limits.

import { useQuery } from '@tanstack/react-query';
import type { Config } from '../../../../src/http/contract.ts';
import { configQuery } from '../../api/service.ts';
import { workersQuery } from '../../api/stats.ts';

export interface KnownTypes {
  domains: string[];
  typesOf: (domain: string) => string[];
}

export function useKnownTypes(): KnownTypes {
  const { data: config } = useQuery(configQuery);
  const { data: workers } = useQuery({ ...workersQuery, refetchInterval: false });
  return knownTypes(config, workers?.items.flatMap((worker) => worker.domains) ?? []);
}

/** Pure, for tests. Commands cannot be sent to the internal domain. */
export function knownTypes(
  config: Pick<Config, 'process_types' | 'defaults'> | undefined,
  workerDomains: readonly string[],
): KnownTypes {
  const types = new Map<string, Set<string>>();
  const command = config?.defaults.command;
  if (command) types.set(command.domain, new Set([command.type]));
  for (const { domain, steps } of config?.process_types ?? []) {
    const ofDomain = types.get(domain) ?? new Set<string>();
    for (const { command } of steps) ofDomain.add(command);
    types.set(domain, ofDomain);
  }
  const domains = new Set([...types.keys(), ...workerDomains.filter((domain) => domain !== 'faultline')]);
  return { domains: [...domains], typesOf: (domain) => [...(types.get(domain) ?? [])] };
}
