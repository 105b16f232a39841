// A whole service, chaos included, that kills itself outright at a named point while a named outcome is under way there.
// Run as a process of its own: node mortal-service.mjs <document>. Before it dies it says on stdout what it died with.

import { writeSync } from 'node:fs';
import {
  BusinessRuleError,
  cancelCommand,
  completeCommand,
  createEnv,
  defineProcess,
  openService,
  PermanentCommandError,
  retryCommand,
  silentLogger,
  TransientCommandError,
} from 'faultline';
import { chaosHooks } from 'faultline/chaos';
import { z } from 'zod';

/** `cell` is null for the last one, which lives; `domains` are those to work. */
const { url, worker_id, replaces, cell, domains, batch_id } = JSON.parse(process.argv[2]);
const KEYS = ['take', 'make', 'give'];
const VERBS = { retry: retryCommand, cancel: cancelCommand, complete: completeCommand };
const OPERATOR = { actor: 'conformance', reason: 'conformance' };

let service;
let worker;
let dying = false;
/** What this process has seen of its cell: every attempt, the latest of each command, and what each attempt came to. */
const attempts = [];
const claimed = new Map();
const came = new Map();
const hanging = new Set();

const query = async (text, values) => (await service.pool.query(text, values)).rows;

async function until(look) {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => service.bus.env.after(15, resolve));
  }
}

/** An effect that is seen outside of the bus: which attempt made it, and how often. */
const makeEffect = ({ command }) =>
  query(
    `insert into effect values ($1, $2, 1) on conflict (command_id, attempt) do update set times = effect.times + 1`,
    [command.command_id, command.attempts],
  );

const hasComeTo = async ({ command }, outcome) =>
  (await query('select 1 from faultline.attempt where command_id = $1 and outcome = $2', [command.command_id, outcome]))
    .length > 0;

/** Fails until that failure is written; after that it succeeds, so that a kill never hides the outcome. */
const failing = (outcome, error) => async (context) => {
  if (!(await hasComeTo(context, outcome))) throw error();
  return makeEffect(context);
};

const MAKES = {
  success: makeEffect,
  timed_out: makeEffect,
  transient: failing('transient', () => new TransientCommandError('BUSY', 'The other side is busy.')),
  permanent: failing('permanent', () => new PermanentCommandError('BROKEN', 'The other side is broken.')),
  async business_rule(context) {
    // A step that has made its effect and refuses all the same: it must be undone.
    await makeEffect(context);
    throw new BusinessRuleError('REFUSED', 'The other side refuses.');
  },
  /** Loses its lease, goes on, and comes back with a success when the next attempt has failed and its process is undone. */
  async lease_lost(context) {
    const { command_id, claim_id, attempts } = context.command;
    if (attempts > 1) throw new BusinessRuleError('REFUSED', 'The other side refuses.');
    await query('update faultline.command set lease_expires_at = now() where command_id = $1 and claim_id = $2', [
      command_id,
      claim_id,
    ]);
    await until(
      async () =>
        (await query(`select 1 from faultline.command where command_id = $1 and status = 'FAILED'`, [command_id]))[0],
    );
    return makeEffect(context);
  },
  /** Holds its attempt until it is told to stop, and does not listen to that. */
  async released(context) {
    if (cell !== null && context.command.domain === cell.domain && !(await hasComeTo(context, 'released'))) {
      hanging.add(context.command.command_id);
      if (!context.signal.aborted)
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve, { once: true }));
      await until(() => hasComeTo(context, 'released'));
    }
    return makeEffect(context);
  },
};
/** Goes on until the attempt was terminated, and makes its effect all the same. */
MAKES.canceled = MAKES.overdue = async (context) => {
  const { command_id, attempts } = context.command;
  hanging.add(command_id);
  await until(
    async () =>
      (
        await query('select 1 from faultline.attempt where command_id = $1 and attempt = $2', [command_id, attempts])
      )[0],
  );
  return makeEffect(context);
};
for (const verb of Object.keys(VERBS)) MAKES[verb] = MAKES.permanent;

const outcomeOf = (domain) => domain.split('.')[1];

const definitionOf = (domain) =>
  defineProcess({
    type: domain,
    version: 1,
    domain,
    input: z.strictObject({}),
    state: z.looseObject({ done: z.array(z.string()) }),
    start: () => ({ done: [] }),
    steps: KEYS.map((key) => ({
      key,
      command: `Do${key}`,
      request: () => ({}),
      onReply: (state) => ({ ...state, done: [...state.done, key] }),
      compensate: { command: 'Undo', request: () => ({}) },
      ...(key === 'make' && outcomeOf(domain) === 'overdue' ? { deadline_ms: 700, on_deadline: 'compensate' } : {}),
    })),
  });

const applicationOf = (known) => ({
  name: 'conformance',
  processes: known.map(definitionOf),
  register(registry) {
    for (const domain of known) {
      for (const key of ['take', 'give'])
        registry.register(domain, `Do${key}`, (_payload, context) => makeEffect(context));
      registry.register(domain, 'Domake', (_payload, context) => MAKES[outcomeOf(domain)](context));
      registry.register(domain, 'Undo', (_payload, context) => makeEffect(context));
    }
  },
});

/** In the words of the matrix. */
function kindOf({ kind, fault }) {
  if (kind !== 'lease_expired') return kind;
  return fault ? 'timed_out' : 'lease_lost';
}

const isOurs = ({ domain, type }) => domain === cell.domain && type === 'Domake';
const ours = (commands) => commands.filter(isOurs);
/** Outcomes that cut an attempt short: the attempt that follows is the one that must not be lost. */
const CUT_SHORT = ['timed_out', 'lease_lost', 'released'];
/** A claim is of a whole set, so an attempt is named by its command and number. */
const nameOf = (attempt) => `${attempt.command_id} ${attempt.attempts}`;
const cameTo = (attempt) => came.get(nameOf(attempt)) === cell.outcome;
const follows = (command) =>
  attempts.some((one) => one.command_id === command.command_id && one.attempts === command.attempts - 1 && cameTo(one));

/** Commands whose attempt is to come to the outcome, or follows one that did. */
function toCome(commands) {
  return ours(commands).filter((command) =>
    CUT_SHORT.includes(cell.outcome) ? follows(command) : command.attempts === 1,
  );
}

/** Items that are of the outcome, late ones included: their attempt has been ended by reap. */
const itemsOf = (items) =>
  items
    .filter(({ command, outcome }) => isOurs(command) && (kindOf(outcome) === cell.outcome || cameTo(command)))
    .map(({ command }) => command);

const linesOf = (lines) =>
  lines.filter((line) => isOurs(line.command) && kindOf(line.outcome) === cell.outcome).map(({ command }) => command);

/** The attempt of a process that came to the outcome. */
const attemptOf = (process_id) => attempts.find((command) => command.process_id === process_id && cameTo(command));

const ENDS = { success: 'COMPLETED', permanent: 'AT_REST', business_rule: 'COMPLETED_WITH_FAILURES' };

/** Which commands of the cell are met at a point with its outcome; the process dies when there are any. */
const MEET = {
  before_claim: ({ domain }) => (domain === cell.domain ? attempts.filter(cameTo) : []),
  after_claim: ({ commands }) => toCome(commands),
  before_handler: (command) => toCome([command]),
  after_handler: (command) => ours([command]).filter(() => cell.outcome === 'success' || cameTo(command)),
  before_settle: ({ items }) => itemsOf(items),
  in_settle: ({ lines }) => linesOf(lines),
  after_settle: ({ items }) => itemsOf(items),
  in_reap: ({ lines }) => linesOf(lines),
  in_transition: ({ changes, unawaited }) => {
    const replied = changes.map((change) => [claimed.get(change.replied_command_id), change.status]);
    const met = {
      success: () => replied.filter(([, status]) => status === 'WAITING_FOR_REPLY'),
      business_rule: () => replied.filter(([, status]) => status === 'COMPENSATING'),
      lease_lost: () => unawaited.map(({ process_id }) => [attemptOf(process_id)]),
      canceled: () => replied.filter(([, status]) => status === 'COMPENSATING'),
      overdue: () => replied.filter(([, status]) => status === 'COMPENSATING'),
      cancel: () => replied.filter(([, status]) => status === 'COMPENSATING'),
      complete: () => replied.filter(([, status]) => status === 'WAITING_FOR_REPLY'),
    };
    return met[cell.outcome]().flatMap(([command]) => command ?? []);
  },
  in_operator_verb: (command) => ours([command]).map((one) => claimed.get(one.command_id) ?? one),
  in_job_slice: ({ slice }) => slice.item_ids.flatMap((command_id) => claimed.get(command_id) ?? []),
  in_deadline: ({ overdue }) => overdue.flatMap(({ command_id }) => claimed.get(command_id) ?? []),
  in_finish: (batch) => (batch.batch_id === batch_id && batch.next === ENDS[cell.outcome] ? attempts.slice(0, 1) : []),
};

/** What every point tells of the attempts of the cell. */
function learn(at, context) {
  if (at === 'after_claim')
    for (const command of ours(context.commands)) {
      claimed.set(command.command_id, command);
      attempts.push(command);
    }
  // Reap and settle write; what they wrote is told when their transaction is about to commit.
  const canceled = at === 'in_operator_verb' && cell.outcome === 'canceled';
  const cut = canceled ? [context] : at === 'in_deadline' ? context.overdue : [];
  for (const { command_id } of cut)
    if (claimed.has(command_id)) came.set(nameOf(claimed.get(command_id)), cell.outcome);
  if (at === 'in_settle') for (const line of context.lines) came.set(nameOf(line.command), kindOf(line.outcome));
}

function die(met) {
  dying = true;
  const told = met.map((attempt) => ({
    command_id: attempt.command_id,
    attempt: attempt.attempts,
    came_to: came.get(nameOf(attempt)) ?? null,
  }));
  writeSync(1, `${JSON.stringify({ point: cell.point, outcome: cell.outcome, met: told })}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** A chunk is an internal command: what its attempt comes to is brought about here, while it is held at the point. */
async function dieInChunk({ batch_id }) {
  const [batch] = await query('select process_type from faultline.batch where batch_id = $1', [batch_id]);
  if (batch.process_type !== cell.domain) return;
  const [chunk] = await query(
    `select command_id, attempts from faultline.command where batch_id = $1 and purpose = 'chunk'`,
    [batch_id],
  );
  const attemptOf = (outcome) =>
    query('select 1 from faultline.attempt where command_id = $1 and outcome = $2', [chunk.command_id, outcome]);
  if (cell.outcome === 'transient' && (await attemptOf('transient')).length === 0) return;
  if (dying) return new Promise(() => {});
  dying = true;
  if (cell.outcome === 'lease_lost') {
    await query('update faultline.command set lease_expires_at = now() where command_id = $1', [chunk.command_id]);
    await until(async () => (await attemptOf('lease_expired'))[0]);
  }
  if (cell.outcome === 'released') {
    void worker.stop();
    await until(async () => (await attemptOf('released'))[0]);
  }
  die([chunk]);
}

const env = createEnv(silentLogger, {
  probe: (at, context) => {
    if (cell === null) return;
    if (at === cell.point && at.endsWith('_chunk')) return dieInChunk(context);
    const met = at === cell.point && !dying ? MEET[at](context) : [];
    if (met.length > 0) die(met);
    learn(at, context);
  },
});

const open = (known) =>
  openService({ url, env, application: applicationOf(known), data_dir: '', hooks: (context) => chaosHooks(context) });

async function work(fields) {
  worker = service.createWorker({ worker_id, slots: 20, drain_ms: 0, domains: [...domains, 'faultline'], ...fields });
  await worker.start();
}

/** A worker that does not know the process: its attempt at the chunk is transient. */
async function failChunk() {
  service = await open([]);
  await work({ domains: ['faultline'] });
  await until(async () => {
    const rows = await query(
      `select 1 from faultline.attempt a join faultline.batch b using (batch_id)
       where b.process_type = $1 and a.purpose = 'chunk' and a.outcome = 'transient'`,
      [cell.domain],
    );
    return rows[0];
  });
  await worker.stop();
  await service.close();
}

/** Works until all that is to be parked is, then takes the verb to it. */
async function operate() {
  const parked = await until(async () => {
    const rows = await query(
      `select command_id from faultline.command where domain = $1 and type = 'Domake' and status = 'IN_TROUBLESHOOTING_QUEUE'
         and process_id is not null`,
      [cell.domain],
    );
    return rows[0];
  });
  await VERBS[cell.outcome](service.bus, parked.command_id, OPERATOR);
}

const chunk = cell?.point.endsWith('_chunk');
if (chunk && cell.outcome === 'transient') await failChunk();
service = await open(domains);
await work(replaces === null ? {} : { replaces });
process.once('SIGTERM', async () => {
  await worker.stop();
  await service.close();
});
if (cell?.outcome === 'released' && !chunk) {
  await until(() => hanging.size > 1);
  // Where it does not die of this, another worker in the same process takes what was given back.
  await worker.stop();
  await work({});
}
if (cell?.outcome in VERBS && cell.point !== 'in_job_slice') await operate();
if (cell?.outcome === 'canceled')
  for (let told = 0; ; told++) {
    await until(() => hanging.size > told);
    await cancelCommand(service.bus, [...hanging][told], OPERATOR);
  }
