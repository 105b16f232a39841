// The application checks of doctor: it loads, defines nothing twice, and handles every command it sends.
// Changes nothing: handlers are registered in a registry that no worker uses, on a pool that connects nowhere.

import { resolve } from 'node:path';
import { HandlerRegistry } from '../bus/handlers.ts';
import { createApplicationPool } from '../db/pool.ts';
import { silentLogger } from '../model/env.ts';
import { hidePasswords, reasonOf } from '../model/error-text.ts';
import type { Application } from '../process/application.ts';
import { ProcessRegistry } from '../process/define.ts';
import { unhandledCommands } from '../process/unhandled.ts';
import { type Finding, fail, warn } from './findings.ts';

/** Nothing listens there. */
const NOWHERE = 'postgres://127.0.0.1:1/none';

export async function checkApplication(application: Application, dataDir: string): Promise<Finding[]> {
  const { name } = application;
  const pool = createApplicationPool(NOWHERE, { application_name: 'faultline doctor', max: 1 });
  try {
    const processes = new ProcessRegistry();
    for (const definition of application.processes) processes.register(definition);
    const registry = new HandlerRegistry();
    application.register(registry, { pool, logger: silentLogger, data_dir: resolve(dataDir) });
    const types = new Set(processes.all().map(({ type }) => type));
    const unhandled = unhandledCommands(processes.all(), registry).join('; ');
    return [
      { check: 'application', state: 'ok', says: `${name}: ${[...types].join(', ')}` },
      warn('handlers', unhandled && `not handled by this application: ${unhandled}`, 'every command has one'),
    ];
  } catch (error) {
    return [fail('application', hidePasswords(`${name}: ${reasonOf(error)}`), '')];
  } finally {
    await pool.end();
  }
}
