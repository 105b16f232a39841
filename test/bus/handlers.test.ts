// The registry: what an application registers is found by domain and type, and what is ambiguous is refused at start-up.

import { describe, expect, test } from 'vitest';
import { HandlerRegistry } from '../../src/bus/handlers.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { until } from '../support/until.ts';
import { command, openLab } from './lab.ts';

class Base {
  Inherited(): string {
    return 'inherited';
  }
  Overridden(): string {
    return 'of the base';
  }
}

class Handlers extends Base {
  readonly #greeting: string;
  constructor(greeting: string) {
    super();
    this.#greeting = greeting;
  }
  Greet({ name }: { name: string }): string {
    return `${this.#greeting} ${name}`;
  }
  override Overridden(): string {
    return 'of the class';
  }
  // No handler: its name is not that of a command.
  helper(): void {}
  get Computed(): () => void {
    throw new Error('A getter was called.');
  }
}

const plain = { Work: () => 'done', limit: 3, Limit: 3 };

const call = (registry: HandlerRegistry, type: string, payload: unknown = {}) =>
  registry.find('lab', type)?.(payload as never, {} as never);

describe('C05: handlers are registered', () => {
  test('one by one, by domain and type; the same type in another domain is another', () => {
    const registry = new HandlerRegistry().register('lab', 'Work', () => 1).register('other', 'Work', () => 2);
    expect([call(registry, 'Work'), registry.find('lab', 'Rest'), registry.domains()]).toEqual([
      1,
      undefined,
      ['lab', 'other'],
    ]);
  });

  test('a second one for the same command is refused at start-up', () => {
    const registry = new HandlerRegistry().register('lab', 'Work', () => 1);
    expect(() => registry.register('lab', 'Work', () => 2)).toThrow(ConfigurationError);
    expect(call(registry, 'Work')).toBe(1);
  });

  test('by scanning an instance: methods named like commands, inherited ones too, called on it; nothing else', () => {
    const registry = new HandlerRegistry().registerAll('lab', new Handlers('Hello'));
    expect(call(registry, 'Greet', { name: 'Ann' })).toBe('Hello Ann');
    expect(call(registry, 'Inherited')).toBe('inherited');
    expect(call(registry, 'Overridden')).toBe('of the class');
    for (const type of ['helper', 'constructor', 'Computed', 'toString'])
      expect(registry.find('lab', type)).toBeUndefined();
  });

  test('by scanning a plain object', () => {
    const registry = new HandlerRegistry().registerAll('lab', plain);
    expect([call(registry, 'Work'), registry.find('lab', 'Limit')]).toEqual(['done', undefined]);
  });

  test('all that was found or none: one that is taken keeps the others out, and nothing found is a mistake', () => {
    const registry = new HandlerRegistry().register('lab', 'Overridden', () => 'first');
    expect(() => registry.registerAll('lab', new Handlers('Hello'))).toThrow(ConfigurationError);
    expect(registry.find('lab', 'Greet')).toBeUndefined();
    expect(() => registry.registerAll('lab', { work: () => {} })).toThrow(ConfigurationError);
  });

  test('what was scanned executes commands', async () => {
    const lab = await openLab();
    lab.service.registry.registerAll('lab', new Handlers('Hello'));
    await lab.work();
    const [id] = await lab.send(command({ type: 'Greet', payload: { name: 'Ann' } }));
    const { result } = await until('it is done', async () => {
      const row = await lab.commandOf(id as string);
      return row.status === 'COMPLETED' && row;
    });
    expect(result).toBe('Hello Ann');
  });
});
