// Collects the violations of each check while a batch is verified. A check passes if it has none; `checked` shows
// whether there was anything to check.

import type { Check } from '../schemas.ts';
import { CHECKS, type CheckName, sqlOf } from './checks.ts';

const MAX_IDS = 100;
const MAX_DETAILS = 20;

export type CheckResult = Check & { name: CheckName };

export class CheckResults {
  readonly #ids = new Map<CheckName, Set<string>>();
  readonly #details = new Map<CheckName, string[]>();
  readonly #checked = new Map<CheckName, number>();
  readonly #skipped = new Map<CheckName, string>();
  readonly #notes = new Map<CheckName, string>();

  /** @param id of the process, command or batch that violates the check */
  report(check: CheckName, id: string, detail: string): void {
    const ids = this.#ids.get(check) ?? new Set<string>();
    const details = this.#details.get(check) ?? [];
    this.#ids.set(check, ids.add(id));
    this.#details.set(check, details);
    const line = `${id}: ${detail}`;
    // Storage may list the same document with several windows.
    if (details.length < MAX_DETAILS && !details.includes(line)) details.push(line);
  }

  checked(check: CheckName, count: number): void {
    this.#checked.set(check, (this.#checked.get(check) ?? 0) + count);
  }

  /** The check does not apply or cannot be made. Violations found all the same still count. */
  skip(check: CheckName, why: string): void {
    this.#skipped.set(check, why);
  }

  note(check: CheckName, note: string): void {
    this.#notes.set(check, note);
  }

  all(): CheckResult[] {
    return (Object.keys(CHECKS) as CheckName[]).map((name) => {
      const ids = [...(this.#ids.get(name) ?? [])];
      const skipped = this.#skipped.get(name);
      return {
        name,
        status: ids.length > 0 ? 'fail' : skipped === undefined ? 'pass' : 'skipped',
        checked: this.#checked.get(name) ?? 0,
        violations: ids.length,
        violating_ids: ids.slice(0, MAX_IDS),
        details: this.#details.get(name) ?? [],
        rule: CHECKS[name],
        sql: sqlOf(name),
        note: skipped ?? this.#notes.get(name) ?? null,
      };
    });
  }
}
