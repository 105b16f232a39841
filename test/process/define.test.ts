// Definitions are checked once, when they are made; a registry holds each version once.

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigurationError } from '../../src/model/errors.ts';
import { defineProcess, ProcessRegistry } from '../../src/process/define.ts';

type Definition = Parameters<typeof defineProcess>[0];
const step = { key: 'one', command: 'DoOne', request: () => ({}) };
const good: Definition = {
  type: 'Sample',
  version: 1,
  domain: 'sample',
  input: z.unknown(),
  state: z.unknown(),
  start: () => ({}),
  steps: [step],
};

describe('defineProcess', () => {
  test('takes a definition as it is', () => {
    expect(defineProcess(good)).toEqual(good);
    expect(
      defineProcess({ ...good, policy: { max_attempts: 100, backoff_ms: [0, 86_400_000], lease_ms: 500 } }),
    ).toBeDefined();
    const bounds = { deadline_ms: 2_000_000_000, on_deadline: 'fail' as const };
    expect(defineProcess({ ...good, ...bounds, steps: [{ ...step, deadline_ms: 1 }] })).toBeDefined();
  });

  test.each<[string, Partial<Definition>]>([
    ['type', { type: '' }],
    ['type', { type: '1Sample' }],
    ['type', { type: 'x'.repeat(65) }],
    ['domain', { domain: 'a b' }],
    ['reserved', { domain: 'faultline' }],
    ['version', { version: 0 }],
    ['version', { version: 1.5 }],
    ['at least one step', { steps: [] }],
    // Visits are written `one#2`.
    ['step key', { steps: [{ ...step, key: 'one#2' }] }],
    ['two steps have the key one', { steps: [step, { ...step, command: 'Other' }] }],
    ['lease_ms', { policy: { lease_ms: 1 } }],
    ['deadline_ms must be a whole number from 1 to 2000000000', { deadline_ms: 0 }],
    ['deadline_ms must be', { deadline_ms: 2_000_000_001 }],
    ['deadline_ms must be', { deadline_ms: Number.NaN }],
    ['on_deadline needs a deadline_ms', { on_deadline: 'tsq' }],
    ['on_deadline must be one of tsq, compensate, fail', { deadline_ms: 1, on_deadline: 'explode' as 'tsq' }],
    ['step one: deadline_ms must be', { steps: [{ ...step, deadline_ms: 1.5 }] }],
    ['step one: on_deadline needs', { steps: [{ ...step, on_deadline: 'fail' }] }],
  ])('refuses what would break later, and says what: %s', (what, fields) => {
    const define = () => defineProcess({ ...good, ...fields });
    expect(define).toThrow(ConfigurationError);
    expect(define).toThrow(what);
  });
});

describe('a registry', () => {
  const versions = [2, 10, 1].map((version) => defineProcess({ ...good, version }));

  test('finds each version, and the newest by number', () => {
    const registry = versions.reduce((all, definition) => all.register(definition), new ProcessRegistry());
    expect(registry.find('Sample', 2)).toBe(versions[0]);
    expect(registry.find('Sample', 3)).toBeUndefined();
    expect(registry.newest('Sample')?.version).toBe(10);
    expect(registry.newest('Other')).toBeUndefined();
    expect(registry.all()).toHaveLength(3);
  });

  test('refuses the same version twice', () => {
    const registry = new ProcessRegistry().register(defineProcess(good));
    expect(() => registry.register(defineProcess(good))).toThrow('Two definitions of Sample@1');
  });
});
