// Errors are known by what they are, whichever copy of the package made them; classes of an application's own as ever.

import { expect, test } from 'vitest';
import * as errors from '../../src/model/errors.ts';

const other: typeof errors = await import(`${'../../src/model/errors.ts'}?copy`);

class NoFunds extends errors.BusinessRuleError {}
class NoCard extends other.BusinessRuleError {}

test('the two copies are two', () => {
  expect(other.BusinessRuleError).not.toBe(errors.BusinessRuleError);
});

test('an error of one copy is an instance of the same class of the other, and of what that extends', () => {
  const refused = new other.InvalidInputError('No.', [{ path: 'a', code: 'x', message: 'y' }]);
  expect(refused).toBeInstanceOf(errors.InvalidInputError);
  expect(refused).toBeInstanceOf(errors.FaultlineError);
  expect(refused).not.toBeInstanceOf(errors.WrongStateError);
  expect(refused).not.toBeInstanceOf(errors.CommandError);
  expect(new NoCard('NO', 'No.')).toBeInstanceOf(errors.BusinessRuleError);
  expect(new NoCard('NO', 'No.')).toBeInstanceOf(errors.CommandError);
  expect(new NoCard('NO', 'No.')).not.toBeInstanceOf(errors.PermanentCommandError);
});

test("an application's own class has its own instances only", () => {
  expect(new NoFunds('NO', 'No.')).toBeInstanceOf(NoFunds);
  expect(new errors.BusinessRuleError('NO', 'No.')).not.toBeInstanceOf(NoFunds);
  expect(new NoCard('NO', 'No.')).not.toBeInstanceOf(NoFunds);
});

test('every error class of the model is known across copies', () => {
  const classes = Object.entries(errors).filter(([name]) => name.endsWith('Error'));
  expect(classes.length).toBeGreaterThan(18);
  for (const [name, of] of classes) {
    const copy = other[name as keyof typeof other] as typeof errors.FaultlineError;
    const made: unknown = Object.create(copy.prototype);
    expect(made instanceof (of as typeof errors.FaultlineError), name).toBe(true);
  }
});

test.each([null, undefined, 5, 'x', Symbol('s'), {}, Object.create(null), { [Symbol.for('faultline.error')]: 5 }])(
  '%o is none',
  (value) => {
    expect(value instanceof errors.CommandError).toBe(false);
    expect(value instanceof errors.FaultlineError).toBe(false);
    expect(value instanceof NoFunds).toBe(false);
  },
);
