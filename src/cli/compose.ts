// The composition root: builds the service that the server and workers run from an application, a database and chaos.
// Only here is fault injection installed in the bus.

import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chaosHooks, registerTestCommand } from '../chaos/index.ts';
import { assertMigrated } from '../db/migrate.ts';
import { createApplicationPool, createPool, isAway, isConnectionError, type Pool } from '../db/pool.ts';
import { createEnv, type Logger } from '../model/env.ts';
import { reasonOf } from '../model/error-text.ts';
import type { Application } from '../process/application.ts';
import { openService, type Service } from '../process/service.ts';
import { createDataFolder } from '../supervisor/data-folder.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import type { ServiceFlags } from './options.ts';
import { UnavailableError } from './retry-unavailable.ts';

export interface ComposeOptions extends ServiceFlags {
  /** How PostgreSQL lists the connections. */
  name: string;
  logger: Logger;
  read_connections?: number;
  /** Ends this process for an injected crash; without it only the attempt ends. */
  crash?: () => void;
}

/** Opens the service. @throws CliError when the database is unavailable or not migrated */
export async function compose(options: ComposeOptions): Promise<Service> {
  const { databaseUrl, dataDir, app, name, logger, read_connections, crash } = options;
  const url = requireDatabase(databaseUrl);
  const application = await loadApplication(app);
  const data_dir = resolve(dataDir);
  await reaching(url, () => withPool(url, name, assertMigrated));
  try {
    createDataFolder(data_dir);
  } catch (error) {
    // Only an application that stores documents there needs it.
    logger.warn({ err: error }, `The data folder ${data_dir} cannot be created`);
  }
  return reaching(url, () =>
    openService({
      url,
      application,
      env: createEnv(logger),
      data_dir,
      name,
      read_connections,
      hooks: (context) => chaosHooks({ ...context, crash }),
      handlers: registerTestCommand,
    }),
  );
}

/** The bundled application, or the one that a module exports as `application` or as its default. */
export async function loadApplication(app?: string): Promise<Application> {
  const from = app === undefined ? bundledApplication() : moduleAddress(app);
  let module: { application?: Application; default?: Application };
  try {
    module = await import(from);
  } catch (cause) {
    const why = reasonOf(cause).split('\n', 1)[0];
    throw new CliError(`The application ${app ?? from} cannot be loaded: ${why}`, EXIT.failed, cause);
  }
  const application = module.application ?? module.default;
  if (application === null || typeof application !== 'object') {
    throw new CliError(
      `${app ?? from} exports no application: it must be named \`application\`, or be the default export.`,
    );
  }
  const lacks = [
    typeof application.name !== 'string' && 'name, a text',
    !Array.isArray(application.processes) && 'processes, an array of definitions',
    typeof application.register !== 'function' && 'register, a function that registers its handlers',
  ].filter(Boolean);
  if (lacks.length > 0) throw new CliError(`The application of ${app ?? from} lacks ${lacks.join('; and ')}.`);
  return application;
}

function bundledApplication(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`../../reporting/app.${extension}`, import.meta.url).href;
}

function moduleAddress(app: string): string {
  return app.startsWith('.') || isAbsolute(app) ? pathToFileURL(resolve(app)).href : app;
}

export function requireDatabase(url: string | undefined): string {
  if (url) return url;
  const how = 'Give --database-url or DATABASE_URL, or use `faultline start`, which brings a PostgreSQL of its own.';
  throw new CliError(`No database is named. ${how}`, EXIT.usage);
}

export function withPool<T>(url: string, name: string, use: (pool: Pool) => Promise<T>): Promise<T> {
  return using(createPool(url, { application_name: name, max: 2 }), use);
}

/** Connections for the application's own work. */
export function withApplicationPool<T>(url: string, name: string, use: (pool: Pool) => Promise<T>): Promise<T> {
  return using(createApplicationPool(url, { application_name: `${name}, application`, max: 2 }), use);
}

async function using<T>(pool: Pool, use: (pool: Pool) => Promise<T>): Promise<T> {
  try {
    return await use(pool);
  } finally {
    await pool.end();
  }
}

/** Runs `work`. @throws UnavailableError when the database cannot be reached or accepts no connections */
export async function reaching<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isAway(error)) throw error;
    const { host } = new URL(url);
    const what = isConnectionError(error) ? 'cannot be reached' : 'refuses for now';
    throw new UnavailableError(`The database at ${host} ${what}: ${reasonOf(error)}`, error);
  }
}
