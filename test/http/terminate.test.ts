// Cancelling commands, and the verbs on whole processes, over HTTP: what they take, what they answer, and what is shown after.

import { describe, expect, test } from 'vitest';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
await lab.work();

const parkRender = { behavior: { render: { fail_permanent_pct: 100 } } };
/** Its first step takes an hour, so it does not end by itself. */
const slow = { behavior: { query: { min_duration_ms: 3_600_000, max_duration_ms: 3_600_000 } } };

async function processOf(batch_id: string) {
  const { items } = (await lab.get(`/processes?batch_id=${batch_id}`)).json();
  return (await lab.get(`/processes/${items[0].process_id}`)).json();
}
async function parked() {
  const batch_id = await lab.launch(parkRender);
  await lab.atRest(batch_id);
  return { batch_id, process: await processOf(batch_id) };
}
const untilStatus = (batch_id: string, status: string) =>
  until(`the process is ${status}`, async () => {
    const process = await processOf(batch_id);
    return process.status === status && process;
  });
async function underWay() {
  const batch_id = await lab.launch(slow);
  return until('its first step is under way', async () => {
    const process = await processOf(batch_id);
    return process.steps[0].status === 'IN_PROGRESS' && { batch_id, process };
  });
}

describe('POST /commands/{id}/cancel', () => {
  test('one under way: its attempt is shown as canceled, and its process undoes what it did', async () => {
    const { batch_id, process } = await underWay();
    const { command_id } = process.steps[0];
    const answer = await lab.post(`/commands/${command_id}/cancel`, { reason: 'a duplicate', actor: 'ada' });
    expect([answer.statusCode, answer.json()]).toEqual([200, { command_id, status: 'CANCELED' }]);
    const after = await untilStatus(batch_id, 'COMPENSATED');
    expect(after.steps[0]).toMatchObject({
      status: 'CANCELED',
      attempts: [{ outcome: 'canceled', effect: 'CANCELED' }],
    });
    const { items } = (await lab.get(`/audit?command_id=${command_id}`)).json();
    expect(items.map(({ type }: { type: string }) => type)).toContain('OPERATOR_CANCEL');
    const again = await lab.post(`/commands/${command_id}/cancel`, { reason: 'a duplicate' });
    expect([again.statusCode, again.json().code, again.json().detail]).toEqual([
      409,
      'WRONG_STATE',
      'The command is CANCELED.',
    ]);
  });

  test('needs a reason, and refuses an invalid field by its name; an unknown id is 404', async () => {
    const refused = await lab.post(`/commands/${newId()}/cancel`, {});
    expect([refused.statusCode, refused.json().errors[0].path]).toEqual([422, 'reason']);
    expect((await lab.post(`/commands/${newId()}/cancel`, { reason: 'x' })).statusCode).toBe(404);
    expect((await lab.post('/commands/me/cancel', { reason: 'x' })).statusCode).toBe(422);
  });
});

describe('T04: the verbs of a process', () => {
  test('cancel undoes what was done, unless told otherwise', async () => {
    const [undoing, keeping] = [await parked(), await parked()];
    const cancel = (id: string, body: object) => lab.post(`/processes/${id}/cancel`, { reason: 'Enough.', ...body });
    const { process_id } = undoing.process;
    expect((await cancel(process_id, { actor: 'ada' })).json()).toEqual({ process_id, status: 'COMPENSATING' });
    expect(await untilStatus(undoing.batch_id, 'COMPENSATED')).toMatchObject({ keep_effects: false });

    const kept = await cancel(keeping.process.process_id, { compensate: false });
    expect([kept.statusCode, kept.json().status]).toEqual([200, 'CANCELED']);
    expect(await processOf(keeping.batch_id)).toMatchObject({ keep_effects: true, error_code: 'OPERATOR_CANCELED' });

    const again = await cancel(process_id, {});
    expect([again.statusCode, again.json().code]).toEqual([409, 'WRONG_STATE']);
    expect((await cancel(newId(), {})).statusCode).toBe(404);
    const refused = await lab.post(`/processes/${process_id}/cancel`, { compensate: 'no' });
    expect(refused.statusCode).toBe(422);
    expect(
      refused
        .json()
        .errors.map(({ path }: { path: string }) => path)
        .sort(),
    ).toEqual(['compensate', 'reason']);
  });

  test('complete continues with the result; retry tries again; both are refused if nothing is parked', async () => {
    const { batch_id, process } = await parked();
    const retried = await lab.post(`/processes/${process.process_id}/retry`);
    expect(retried.statusCode).toBe(200);
    await untilStatus(batch_id, 'WAITING_FOR_TSQ');
    const completed = await lab.post(`/processes/${process.process_id}/complete`, { result: { result_path: 'x' } });
    expect(completed.json()).toEqual({ process_id: process.process_id, status: 'COMPLETED' });
    for (const verb of ['retry', 'complete']) {
      const answer = await lab.post(`/processes/${process.process_id}/${verb}`);
      expect([answer.statusCode, answer.json().detail]).toEqual([
        409,
        'The process is COMPLETED; it does not wait for an operator.',
      ]);
      expect((await lab.post(`/processes/${newId()}/${verb}`)).statusCode).toBe(404);
    }
  });

  test('a deadline is shown where there is one', async () => {
    const { batch_id, process } = await underWay();
    expect(process).toMatchObject({ deadline_at: null, on_deadline: null });
    await lab.database.pool.query(
      `update faultline.process set deadline_ms = 1, deadline_at = '2100-01-01T00:00:00Z', on_deadline = 'fail' where process_id = $1`,
      [process.process_id],
    );
    const shown = await processOf(batch_id);
    expect(shown).toMatchObject({ deadline_at: '2100-01-01T00:00:00.000Z', on_deadline: 'fail' });
    expect(shown.steps[0]).toMatchObject({ deadline_at: null, on_deadline: null });
    await lab.post(`/processes/${process.process_id}/cancel`, { reason: 'the end' });
  });
});
