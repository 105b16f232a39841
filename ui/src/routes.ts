// Every page and its address. The URL is the state: filters and cursors are search parameters, checked here.
// Pages are loaded when they are first opened.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { CommandStatus } from '../../src/model/command.ts';
import type { BatchStatus, ProcessStatus } from '../../src/model/process.ts';
import { AUDIT_SPANS, type AuditSearch } from './pages/audit/spans.ts';
import { RowsSkeleton } from './parts/query-view.tsx';
import { NotFound } from './parts/shell/not-found.tsx';
import { PageError } from './parts/shell/page-error.tsx';
import { Shell } from './parts/shell/shell.tsx';
import { BATCH_DISPLAY, COMMAND_DISPLAY, PROCESS_DISPLAY, PURPOSE_LABELS, type ShownPurpose } from './parts/status.ts';

type Search = Record<string, unknown>;

/** The router reads `?code=404` as a number: whatever it made of it, this is the text. */
function text(search: Search, name: string): string | undefined {
  const value = search[name];
  if (typeof value === 'string') return value || undefined;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function oneOf<State extends string>(known: Record<State, unknown>, value: string | undefined): State | undefined {
  return value !== undefined && Object.hasOwn(known, value) ? (value as State) : undefined;
}

function flag(search: Search, name: string): boolean | undefined {
  const value = text(search, name);
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: PageError });

const dashboardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/dashboard/page.tsx')),
});

const batchListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/process-batches',
  validateSearch: (search: Search): { status?: BatchStatus; cursor?: string } => ({
    status: oneOf(BATCH_DISPLAY, text(search, 'status')),
    cursor: text(search, 'cursor'),
  }),
  component: lazyRouteComponent(() => import('./pages/batches/page.tsx')),
});

const launchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/process-batches/new',
  validateSearch: (search: Search): { clone?: string; type?: string } => ({
    clone: text(search, 'clone'),
    type: text(search, 'type'),
  }),
  component: lazyRouteComponent(() => import('./pages/launch/page.tsx')),
});

const batchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/process-batches/$id',
  validateSearch: (search: Search): { status?: ProcessStatus; cursor?: string } => ({
    status: oneOf(PROCESS_DISPLAY, text(search, 'status')),
    cursor: text(search, 'cursor'),
  }),
  component: lazyRouteComponent(() => import('./pages/batch/page.tsx')),
});

const reportRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/process-batches/$id/report',
  component: lazyRouteComponent(() => import('./pages/report/page.tsx')),
});

const processListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/processes',
  validateSearch: (search: Search): { status?: ProcessStatus; batch_id?: string; cursor?: string } => ({
    status: oneOf(PROCESS_DISPLAY, text(search, 'status')),
    batch_id: text(search, 'batch_id'),
    cursor: text(search, 'cursor'),
  }),
  component: lazyRouteComponent(() => import('./pages/processes/page.tsx')),
});

const processRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/processes/$id',
  component: lazyRouteComponent(() => import('./pages/process/page.tsx')),
});

export interface CommandsSearch {
  status?: CommandStatus;
  domain?: string;
  type?: string;
  purpose?: ShownPurpose;
  created_from?: string;
  created_to?: string;
  batch_id?: string;
  process_id?: string;
  cursor?: string;
}

const commandListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/commands',
  validateSearch: (search: Search): CommandsSearch => ({
    status: oneOf(COMMAND_DISPLAY, text(search, 'status')),
    domain: text(search, 'domain'),
    type: text(search, 'type'),
    purpose: oneOf(PURPOSE_LABELS, text(search, 'purpose')),
    created_from: text(search, 'created_from'),
    created_to: text(search, 'created_to'),
    batch_id: text(search, 'batch_id'),
    process_id: text(search, 'process_id'),
    cursor: text(search, 'cursor'),
  }),
  component: lazyRouteComponent(() => import('./pages/commands/page.tsx')),
});

const clone = (search: Search): { clone?: string } => ({ clone: text(search, 'clone') });

const sendRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/commands/new',
  validateSearch: clone,
  component: lazyRouteComponent(() => import('./pages/send/one-page.tsx')),
});

const commandRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/commands/$id',
  component: lazyRouteComponent(() => import('./pages/command/page.tsx')),
});

const commandBatchListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/command-batches',
  validateSearch: (search: Search): { status?: BatchStatus; cursor?: string } => ({
    status: oneOf(BATCH_DISPLAY, text(search, 'status')),
    cursor: text(search, 'cursor'),
  }),
  component: lazyRouteComponent(() => import('./pages/command-batches/page.tsx')),
});

const sendManyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/command-batches/new',
  validateSearch: clone,
  component: lazyRouteComponent(() => import('./pages/send/many-page.tsx')),
});

const commandBatchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/command-batches/$id',
  validateSearch: (search: Search): { status?: CommandStatus; cursor?: string } => ({
    status: oneOf(COMMAND_DISPLAY, text(search, 'status')),
    cursor: text(search, 'cursor'),
  }),
  component: lazyRouteComponent(() => import('./pages/command-batch/page.tsx')),
});

export interface RepliesSearch {
  queue?: string;
  batch_id?: string;
  cursor?: string;
}

const replyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/replies',
  validateSearch: (search: Search): RepliesSearch => ({
    queue: text(search, 'queue'),
    batch_id: text(search, 'batch_id'),
    cursor: text(search, 'cursor'),
  }),
  component: lazyRouteComponent(() => import('./pages/replies/page.tsx')),
});

export interface TsqSearch {
  batch_id?: string;
  domain?: string;
  type?: string;
  process_id?: string;
  error_code?: string;
  error_group?: string;
  injected?: boolean;
  cursor?: string;
  /** The job that is watched. */
  job?: string;
}

const tsqRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tsq',
  validateSearch: (search: Search): TsqSearch => ({
    batch_id: text(search, 'batch_id'),
    domain: text(search, 'domain'),
    type: text(search, 'type'),
    process_id: text(search, 'process_id'),
    error_code: text(search, 'error_code'),
    error_group: text(search, 'error_group'),
    injected: flag(search, 'injected'),
    cursor: text(search, 'cursor'),
    job: text(search, 'job'),
  }),
  component: lazyRouteComponent(() => import('./pages/tsq/page.tsx')),
});

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: (search: Search): AuditSearch => ({
    command_id: text(search, 'command_id'),
    process_id: text(search, 'process_id'),
    batch_id: text(search, 'batch_id'),
    level: search.batch_id !== undefined && text(search, 'level') === 'system' ? 'system' : undefined,
    span: oneOf(AUDIT_SPANS, text(search, 'span')),
  }),
  component: lazyRouteComponent(() => import('./pages/audit/page.tsx')),
});

const queuesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/queues',
  component: lazyRouteComponent(() => import('./pages/queues/page.tsx')),
});

const profileListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/profiles',
  validateSearch: (search: Search): { type?: string } => ({ type: text(search, 'type') }),
  component: lazyRouteComponent(() => import('./pages/profiles/page.tsx')),
});

const newProfileRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/profiles/new',
  validateSearch: (search: Search): { type?: string; like?: string } => ({
    type: text(search, 'type'),
    like: text(search, 'like'),
  }),
  component: lazyRouteComponent(() => import('./pages/profile/new-page.tsx')),
});

const profileRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/profiles/$id',
  component: lazyRouteComponent(() => import('./pages/profile/edit-page.tsx')),
});

const findRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/find/$id',
  component: lazyRouteComponent(() => import('./pages/find/page.tsx')),
});

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/page.tsx')),
});

const routeTree = rootRoute.addChildren([
  dashboardRoute,
  batchListRoute,
  launchRoute,
  batchRoute,
  reportRoute,
  processListRoute,
  processRoute,
  commandListRoute,
  sendRoute,
  commandRoute,
  commandBatchListRoute,
  sendManyRoute,
  commandBatchRoute,
  replyRoute,
  tsqRoute,
  auditRoute,
  queuesRoute,
  profileListRoute,
  newProfileRoute,
  profileRoute,
  findRoute,
  settingsRoute,
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultPendingComponent: RowsSkeleton,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
