// The application as doctor sees it: whether it can be loaded, what it defines twice, and what it sends that nobody handles.
// Promises to change nothing: handlers are registered with nobody, on a pool that connects nowhere.

import { HandlerRegistry } from '../bus/handlers.ts';
import { createApplicationPool } from '../db/pool.ts';
import { silentLogger } from '../model/env.ts';
import { hidePasswords, reasonOf } from '../model/error-text.ts';
import type { Application } from '../process/application.ts';
import { ProcessRegistry } from '../process/define.ts';
import { unhandledCommands } from '../process/unhandled.ts';
import type { Finding } from './doctor-condition.ts';

/** Nobody listens there. */
const NOWHERE = 'postgres://127.0.0.1:1/none';

export async function checkApplication(application: Application, data_dir: string): Promise<Finding[]> {
  const check = 'application';
  const { name } = application;
  const pool = createApplicationPool(NOWHERE, { application_name: 'faultline doctor', max: 1 });
  try {
    const processes = new ProcessRegistry();
    for (const definition of application.processes) processes.register(definition);
    const registry = new HandlerRegistry();
    application.register(registry, { pool, logger: silentLogger, data_dir });
    const types = new Set(processes.all().map(({ type }) => type));
    const unhandled = unhandledCommands(processes.all(), registry);
    const says = `not handled by this application: ${unhandled.join('; ')}`;
    return [
      { check, state: 'ok', says: `${name}: ${[...types].join(', ')}` },
      {
        check: 'handlers',
        state: unhandled.length > 0 ? 'warn' : 'ok',
        says: unhandled.length > 0 ? says : 'every command has one',
      },
    ];
  } catch (error) {
    return [{ check, state: 'fail', says: hidePasswords(`${name}: ${reasonOf(error)}`) }];
  } finally {
    await pool.end();
  }
}
