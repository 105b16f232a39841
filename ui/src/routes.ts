// Every page and its address. The URL is the state: filters and cursors are search parameters, checked here.
// A page is loaded when it is first opened.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { auditSearch } from './pages/audit/search.ts';
import { commandsSearch } from './pages/commands/search.ts';
import { repliesSearch } from './pages/replies/search.ts';
import { tsqSearch } from './pages/tsq/search.ts';
import { RowsSkeleton } from './parts/query-view.tsx';
import { oneOf, searchOf, text } from './parts/search.ts';
import { NotFound } from './parts/shell/not-found.tsx';
import { PageError } from './parts/shell/page-error.tsx';
import { Shell } from './parts/shell/shell.tsx';
import { BATCH_DISPLAY, COMMAND_DISPLAY, PROCESS_DISPLAY } from './parts/status.ts';

const batchListSearch = searchOf({ status: oneOf(BATCH_DISPLAY), cursor: text });
const processListSearch = searchOf({ status: oneOf(PROCESS_DISPLAY), batch_id: text, cursor: text });
const batchSearch = searchOf({ status: oneOf(PROCESS_DISPLAY), cursor: text });
const commandBatchSearch = searchOf({ status: oneOf(COMMAND_DISPLAY), cursor: text });

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: PageError });

/** Not the type of the module: pages get their types from the router, so that would be circular. */
type Load = () => Promise<object>;
type Validator = (search: Record<string, unknown>) => object;

function page<const Path extends string, Search extends Validator>(path: Path, load: Load, validateSearch?: Search) {
  const component = lazyRouteComponent(load as () => Promise<{ default: () => ReactNode }>);
  return createRoute({ getParentRoute: () => rootRoute, path, validateSearch, component });
}

const routeTree = rootRoute.addChildren([
  page('/', () => import('./pages/dashboard/page.tsx')),
  page('/process-batches', () => import('./pages/batches/page.tsx'), batchListSearch),
  page('/process-batches/new', () => import('./pages/launch/page.tsx'), searchOf({ clone: text, type: text })),
  page('/process-batches/$id', () => import('./pages/batch/page.tsx'), batchSearch),
  page('/process-batches/$id/report', () => import('./pages/report/page.tsx')),
  page('/processes', () => import('./pages/processes/page.tsx'), processListSearch),
  page('/processes/$id', () => import('./pages/process/page.tsx')),
  page('/commands', () => import('./pages/commands/page.tsx'), commandsSearch),
  page('/commands/new', () => import('./pages/send/one-page.tsx'), searchOf({ clone: text })),
  page('/commands/$id', () => import('./pages/command/page.tsx')),
  page('/command-batches', () => import('./pages/command-batches/page.tsx'), batchListSearch),
  page('/command-batches/new', () => import('./pages/send/many-page.tsx'), searchOf({ clone: text })),
  page('/command-batches/$id', () => import('./pages/command-batch/page.tsx'), commandBatchSearch),
  page('/replies', () => import('./pages/replies/page.tsx'), repliesSearch),
  page('/tsq', () => import('./pages/tsq/page.tsx'), tsqSearch),
  page('/audit', () => import('./pages/audit/page.tsx'), auditSearch),
  page('/queues', () => import('./pages/queues/page.tsx')),
  page('/profiles', () => import('./pages/profiles/page.tsx'), searchOf({ type: text })),
  page('/profiles/new', () => import('./pages/profile/new-page.tsx'), searchOf({ type: text, like: text })),
  page('/profiles/$id', () => import('./pages/profile/edit-page.tsx')),
  page('/find/$id', () => import('./pages/find/page.tsx')),
  page('/settings', () => import('./pages/settings/page.tsx')),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  // Another command, process or batch is another page: no state is kept.
  defaultRemountDeps: ({ params }) => params,
  defaultPendingComponent: RowsSkeleton,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
