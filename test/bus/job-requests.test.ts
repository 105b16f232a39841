// What a job is not: each request that says too little, or too much, is refused by the name of its field.

import { expect, test } from 'vitest';
import { startTsqJob } from '../../src/bus/jobs.ts';
import { InvalidInputError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { openLab } from './lab.ts';

test.each([
  ['nothing at all', { filter: {} }, 'filter'],
  ['all and a field', { filter: { all: true, domain: 'lab' } }, 'filter.all'],
  ['ids and a field', { filter: { command_ids: [newId()], domain: 'lab' } }, 'filter.command_ids'],
  ['no ids', { filter: { command_ids: [] } }, 'filter.command_ids'],
  ['too many ids', { filter: { command_ids: Array.from({ length: 10_001 }, () => newId()) } }, 'filter.command_ids'],
  ['a cancellation without a reason', { verb: 'cancel' as const, reason: ' ' }, 'reason'],
  ['a result to retry', { result: 1 }, 'result'],
])('a job of %s is refused, and leaves nothing', async (_name, request, path) => {
  const lab = await openLab();
  const refused = startTsqJob(lab.bus, { verb: 'retry', filter: { all: true }, actor: 'ada', ...request });
  await expect(refused).rejects.toBeInstanceOf(InvalidInputError);
  await expect(refused).rejects.toMatchObject({ errors: [{ path }] });
  expect(await lab.rows('select 1 from faultline.job')).toEqual([]);
  expect(await lab.rows(`select 1 from faultline.command where domain = $1`, ['faultline'])).toEqual([]);
});
