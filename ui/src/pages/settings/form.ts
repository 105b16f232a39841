// Settings as a form holds them, and the changes to send. Pure.
// A change is null where a setting returns to its default.

import type { Config, SettingsChange } from '../../../../src/http/contract.ts';
import { SETTING_BOUNDS, type SettingPath } from '../../../../src/model/limits.ts';
import { backoffError, type NumberText, numberOf, parseBackoff, wholeNumberError } from '../../parts/form/checks.ts';
import { compact } from '../../parts/form/json-text.ts';
import { writeBackoff } from '../../parts/form/policy.ts';
import { formatCount, formatDuration, pluralize } from '../../parts/format.ts';

export type ShownSettings = Config['settings'];
export type SettingsValues = Record<SettingPath, NumberText>;

export interface SettingField {
  path: SettingPath;
  label: string;
  description: string;
  /** A value as text. */
  format: (value: unknown) => string;
  /** An empty field means never. */
  optional?: boolean;
}

const duration = (value: unknown) => formatDuration(Number(value));
const count = (value: unknown) => formatCount(Number(value));
const delays = (value: unknown) => (Array.isArray(value) ? writeBackoff(value) : '');
const percent = (value: unknown) => `${value} %`;
const days = (value: unknown) => (value === null ? 'never' : pluralize(Number(value), 'day'));

function field(path: SettingPath, label: string, format: SettingField['format'], description: string): SettingField {
  return { path, label, format, description };
}

/** The fields by group, in the order of the page. */
export const GROUPS: readonly { title: string; hint: string; fields: readonly SettingField[] }[] = [
  {
    title: 'Workers',
    hint: 'For workers started without a value of their own.',
    fields: [
      field('slots', 'Slots', count, 'concurrent attempts per domain'),
      field('poll_ms', 'Poll (ms)', duration, 'interval between polls when no notification arrives'),
      field('drain_ms', 'Drain (ms)', duration, 'how long a stop waits for attempts'),
    ],
  },
  {
    title: 'Retries and leases',
    hint: 'For commands and batches sent from now on without a policy of their own.',
    fields: [
      field('retry.max_attempts', 'Attempts', count, 'before troubleshooting'),
      field('retry.backoff_ms', 'Delays between attempts', delays, 'the last one repeats'),
      field('retry.jitter_pct', 'Jitter (%)', percent, 'the most by which a delay is shortened'),
      field('lease_ms', 'Lease (ms)', duration, 'how long an attempt has, unless renewed'),
    ],
  },
  {
    title: 'Retention',
    hint: 'What faultline prune deletes by default.',
    fields: [
      {
        ...field('retention.prune_after_days', 'Prune after (days)', days, 'after its end; empty: never'),
        optional: true,
      },
    ],
  },
];

export const FIELDS = GROUPS.flatMap(({ fields }) => fields);

/** The text of a value in its field. */
export function shownAs(path: SettingPath, value: unknown): NumberText {
  if (path === 'retry.backoff_ms') return delays(value);
  return value === null || value === undefined ? '' : (value as number);
}

export function settingsValues(shown: ShownSettings): SettingsValues {
  return Object.fromEntries(FIELDS.map(({ path }) => [path, shownAs(path, shown[path]?.value)])) as SettingsValues;
}

/** By path, what the server would reject. */
export function validateSettings(values: SettingsValues): Partial<Record<SettingPath, string>> {
  return compact(Object.fromEntries(FIELDS.map((each) => [each.path, errorOf(each, values[each.path])])));
}

function errorOf({ path, optional }: SettingField, value: NumberText): string | null {
  if (path === 'retry.backoff_ms') return backoffError(String(value));
  return optional && value === '' ? null : wholeNumberError(value, SETTING_BOUNDS[path]);
}

/** The changes of valid values; null when there are none. */
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
