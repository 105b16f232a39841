// The operator's verbs over HTTP: what they answer, whom they name, and that the second one to act is told so.

import { describe, expect, test } from 'vitest';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
await lab.work();

/** A batch whose every process fails for good on render, at rest; gives the parked commands. */
async function parkThree(): Promise<{ batch_id: string; command_ids: string[] }> {
  const batch_id = await lab.launch({ count: 3, behavior: { render: { fail_permanent_pct: 100 } } });
  await lab.atRest(batch_id);
  const { items } = (await lab.get(`/tsq?batch_id=${batch_id}`)).json();
  return { batch_id, command_ids: items.map((item: { command_id: string }) => item.command_id) };
}

const processOf = async (command_id: string) => {
  const { rows } = await pool.query('select process_id from faultline.command where command_id = $1', [command_id]);
  return (await lab.get(`/processes/${rows[0].process_id}`)).json();
};

const operatorEvents = async (command_id: string) => {
  const { items } = (await lab.get(`/audit?command_id=${command_id}`)).json();
  return items.filter((event: { type: string }) => event.type.startsWith('OPERATOR_'));
};

describe('on a parked command', async () => {
  const { batch_id, command_ids } = await parkThree();
  const [retried, canceled, completed] = command_ids as [string, string, string];

  test('the batch rests, and its items are injected failures', async () => {
    expect(command_ids).toHaveLength(3);
    const batch = (await lab.get(`/process-batches/${batch_id}`)).json();
    expect(batch).toMatchObject({ status: 'AT_REST', in_troubleshooting_count: 3 });
    const { items } = (await lab.get(`/tsq?batch_id=${batch_id}&injected=true`)).json();
    expect(items).toHaveLength(3);
  });

  test('cancel without a reason is refused by the name of the field', async () => {
    for (const body of [undefined, {}, { reason: ' ' }, { actor: 'me' }]) {
      const answer = await lab.post(`/commands/${canceled}/cancel`, body);
      expect(answer.statusCode).toBe(422);
      const paths = answer.json().errors.map((error: { path: string }) => error.path);
      expect(paths).toEqual([body === undefined ? 'body' : 'reason']);
    }
    expect(await operatorEvents(canceled)).toEqual([]);
  });

  test('cancel undoes the process and names who did it and why', async () => {
    const answer = await lab.post(`/commands/${canceled}/cancel`, { reason: 'a duplicate', actor: 'ada' });
    expect([answer.statusCode, answer.json()]).toEqual([200, { command_id: canceled, status: 'CANCELED' }]);
    const process = await until('the process is undone', async () => {
      const process = await processOf(canceled);
      return process.completed_at && process;
    });
    expect(process).toMatchObject({ status: 'COMPENSATED' });
    expect(process.steps.map((step: { purpose: string; step: string }) => `${step.purpose} ${step.step}`)).toEqual([
      'step query',
      'step aggregation',
      'step render',
      'compensation render',
      'compensation aggregation',
      'compensation query',
    ]);
    expect(await operatorEvents(canceled)).toMatchObject([
      { type: 'OPERATOR_CANCEL', details: { actor: 'ada', reason: 'a duplicate' } },
    ]);
  });

  test('complete takes the result for what the handler returned; without a name it is local', async () => {
    const answer = await lab.post(`/commands/${completed}/complete`, { result: { result_path: 'by-hand.html' } });
    expect([answer.statusCode, answer.json().status]).toEqual([200, 'COMPLETED']);
    expect(await processOf(completed)).toMatchObject({
      status: 'COMPLETED',
      state: { rendered_file_path: 'by-hand.html' },
    });
    expect(await operatorEvents(completed)).toMatchObject([{ type: 'OPERATOR_COMPLETE', details: { actor: 'local' } }]);
  });

  test('retry begins a fresh round', async () => {
    const answer = await lab.post(`/commands/${retried}/retry`);
    expect([answer.statusCode, answer.json()]).toEqual([200, { command_id: retried, status: 'PENDING' }]);
    const item = await until('it failed again', async () => {
      const { items } = (await lab.get(`/tsq?batch_id=${batch_id}`)).json();
      return items.find((candidate: { attempts: number }) => candidate.attempts === 2);
    });
    expect(item.command_id).toBe(retried);
  });

  test('a second verb on a command is 409, an unknown id is 404', async () => {
    for (const verb of ['retry', 'cancel', 'complete']) {
      const late = await lab.post(`/commands/${completed}/${verb}`, { reason: 'late' });
      expect([late.statusCode, late.json().code]).toEqual([409, 'WRONG_STATE']);
      const unknown = await lab.post(`/commands/${newId()}/${verb}`, { reason: 'unknown' });
      expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'NOT_FOUND']);
    }
  });

  test('of two verbs at once, one wins', async () => {
    const { command_ids } = await parkThree();
    const command_id = command_ids[0] as string;
    const answers = await Promise.all(
      ['cancel', 'complete'].map((verb) => lab.post(`/commands/${command_id}/${verb}`, { reason: 'race' })),
    );
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, 409]);
    expect(await operatorEvents(command_id)).toHaveLength(1);
  });

  test('a result that cannot be stored is refused before anything is done', async () => {
    const { command_ids } = await parkThree();
    const answer = await lab.post(`/commands/${command_ids[0]}/complete`, { result: { text: 'a\0b' } });
    expect([answer.statusCode, answer.json().errors[0].path]).toEqual([422, 'result.text']);
    expect(await operatorEvents(command_ids[0] as string)).toEqual([]);
  });
});

describe('cancelling a batch', () => {
  test('ends it; a second time is 409, an unknown one 404', async () => {
    const batch_id = await lab.launch({ count: 2, behavior: { query: { min_duration_ms: 60_000 } } });
    const answer = await lab.post(`/process-batches/${batch_id}/cancel`, { reason: 'wrong month', actor: 'ada' });
    expect([answer.statusCode, answer.json()]).toEqual([200, { batch_id, status: 'CANCELING' }]);
    const again = await lab.post(`/process-batches/${batch_id}/cancel`);
    expect([again.statusCode, again.json().code]).toEqual([409, 'WRONG_STATE']);
    const { items } = (await lab.get(`/audit?batch_id=${batch_id}`)).json();
    expect(items.find((event: { type: string }) => event.type === 'BATCH_CANCEL_REQUESTED')).toMatchObject({
      details: { actor: 'ada', reason: 'wrong month' },
    });
    expect((await lab.post(`/process-batches/${newId()}/cancel`)).statusCode).toBe(404);
  });
});
