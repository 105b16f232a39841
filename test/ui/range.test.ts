// U04: the range of the command list, between the address and the fields of a browser.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandsQuerySchema } from '../../src/http/contract.ts';
import { fromLocalField, since, toLocalField } from '../../ui/src/pages/commands/range.ts';

describe('U04: the time range in the URL', () => {
  test('a field value survives the URL, in summer and winter time', () => {
    const minutes = fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(minutes, (date) => {
        const iso = new Date(Math.floor(date.getTime() / 60_000) * 60_000).toISOString();
        const field = toLocalField(iso);
        expect(field).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
        // An hour that a clock repeats in autumn has two times, and the field can name but one.
        expect(toLocalField(fromLocalField(field))).toBe(field);
        expect(commandsQuerySchema.safeParse({ created_from: fromLocalField(field) }).success).toBe(true);
      }),
    );
  });

  test('an invalid time is undefined', () => {
    expect(toLocalField(undefined)).toBe('');
    expect(toLocalField('yesterday')).toBe('');
    expect(fromLocalField('')).toBeUndefined();
    expect(fromLocalField('2026-13-01T00:00')).toBeUndefined();
  });

  test('a quick range begins on a minute', () => {
    expect(since(900_000, Date.parse('2026-03-01T12:00:31.500Z'))).toBe('2026-03-01T11:45:00.000Z');
  });
});
