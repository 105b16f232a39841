// Settings as a form holds them, and what of them was changed. Pure.
// Promises to send only what is another value than the server showed, and null where it is the default again.

import type { Config, SettingsChange } from '../../../../src/http/contract.ts';
import { SETTING_BOUNDS, type SettingPath } from '../../../../src/model/limits.ts';
import { type NumberText, numberOf } from '../../parts/chaos/chaos.ts';
import { backoffError, parseBackoff, wholeNumberError } from '../../parts/form/policy.ts';
import { formatCount, formatDuration, pluralize, writeDuration } from '../../parts/format.ts';

export type ShownSettings = Config['settings'];
export type SettingsValues = Record<SettingPath, NumberText>;

export interface SettingField {
  path: SettingPath;
  label: string;
  description: string;
  /** How a value reads, for people. */
  words: (value: unknown) => string;
  /** An empty field is a value of its own: never. */
  optional?: boolean;
}

const ms = (value: unknown) => formatDuration(Number(value));
const count = (value: unknown) => formatCount(Number(value));

/** The fields by group, in the order of the page. */
export const GROUPS: readonly { title: string; hint: string; fields: readonly SettingField[] }[] = [
  {
    title: 'Workers',
    hint: 'For workers that were not started with a value of their own.',
    fields: [
      {
        path: 'slots',
        label: 'Slots',
        description: 'attempts at a time per domain',
        words: count,
      },
      {
        path: 'poll_ms',
        label: 'Poll (ms)',
        description: 'how often to look without a hint',
        words: ms,
      },
      {
        path: 'drain_ms',
        label: 'Drain (ms)',
        description: 'how long a stop waits for attempts',
        words: ms,
      },
    ],
  },
  {
    title: 'Retries and leases',
    hint: 'For commands and batches that are sent without a policy of their own, from now on.',
    fields: [
      {
        path: 'retry.max_attempts',
        label: 'Attempts',
        description: 'before troubleshooting',
        words: count,
      },
      {
        path: 'retry.backoff_ms',
        label: 'Delays between attempts',
        description: 'the last one repeats',
        words: (value) => delaysText(value),
      },
      {
        path: 'retry.jitter_pct',
        label: 'Jitter (%)',
        description: 'by how much a delay may be shortened',
        words: (value) => `${value} %`,
      },
      {
        path: 'lease_ms',
        label: 'Lease (ms)',
        description: 'how long an attempt has, unless renewed',
        words: ms,
      },
    ],
  },
  {
    title: 'Retention',
    hint: 'What faultline prune deletes when it is not told otherwise.',
    fields: [
      {
        path: 'retention.prune_after_days',
        label: 'Prune after (days)',
        description: 'since it ended; empty: never',
        words: (value) => (value === null ? 'never' : pluralize(Number(value), 'day')),
        optional: true,
      },
    ],
  },
];

export const FIELDS = GROUPS.flatMap(({ fields }) => fields);

function delaysText(value: unknown): string {
  return Array.isArray(value) ? value.map((delay) => writeDuration(Number(delay))).join(', ') : '';
}

/** What a field shows for a value of the wire. */
export function shownAs(path: SettingPath, value: unknown): NumberText {
  if (path === 'retry.backoff_ms') return delaysText(value);
  return value === null || value === undefined ? '' : (value as number);
}

export function settingsValues(shown: ShownSettings): SettingsValues {
  return Object.fromEntries(FIELDS.map(({ path }) => [path, shownAs(path, shown[path]?.value)])) as SettingsValues;
}

/** By path, what the server would refuse. */
export function validateSettings(values: SettingsValues): Partial<Record<SettingPath, string>> {
  const errors = FIELDS.flatMap((field): [SettingPath, string][] => {
    const error = errorOf(field, values[field.path]);
    return error === null ? [] : [[field.path, error]];
  });
  return Object.fromEntries(errors);
}

function errorOf({ path, optional }: SettingField, value: NumberText): string | null {
  if (path === 'retry.backoff_ms') return backoffError(String(value));
  return optional && value === '' ? null : wholeNumberError(value, SETTING_BOUNDS[path]);
}

/** What is to be sent; null when nothing was changed. The values must be valid. */
export function changeOf(shown: ShownSettings, values: SettingsValues): SettingsChange | null {
  const change: Record<string, unknown> = {};
  for (const { path } of FIELDS) {
    const value = path === 'retry.backoff_ms' ? parseBackoff(String(values[path])) : numberOf(values[path]);
    const before = shown[path];
    if (same(value, before?.value)) continue;
    place(change, path, same(value, before?.default) ? null : value);
  }
  return Object.keys(change).length === 0 ? null : (change as SettingsChange);
}

function place(change: Record<string, unknown>, path: SettingPath, value: unknown): void {
  const [group = '', key] = path.split('.');
  if (key === undefined) change[group] = value;
  else change[group] = { ...(change[group] as object | undefined), [key]: value };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
