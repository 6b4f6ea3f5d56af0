/** The pages and what each keeps in the URL. The map is in the first download, the others come when they are opened. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { MapPage } from './map/index.tsx';
import {
  changesSearch,
  documentsSearch,
  mapSearch,
  scopeSearch,
  serviceSearch,
  traceSearch,
  tracesSearch,
} from './search.ts';
import { PageFailure } from './shell/page-failure.tsx';
import { NotFound } from './shell/not-found.tsx';
import { Shell } from './shell/index.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/map', search: {}, replace: true });
  },
});

const map = createRoute({
  getParentRoute: () => root,
  path: '/map',
  validateSearch: mapSearch,
  component: MapPage,
});

const services = createRoute({
  getParentRoute: () => root,
  path: '/services',
  validateSearch: scopeSearch,
  component: lazyRouteComponent(() => import('./service/list.tsx'), 'ServicesPage'),
});

const service = createRoute({
  getParentRoute: () => root,
  path: '/services/$ns/$name',
  validateSearch: serviceSearch,
  component: lazyRouteComponent(() => import('./service/index.tsx'), 'ServicePage'),
});

const traces = createRoute({
  getParentRoute: () => root,
  path: '/traces',
  validateSearch: tracesSearch,
  component: lazyRouteComponent(() => import('./traces/index.tsx'), 'TracesPage'),
});

const trace = createRoute({
  getParentRoute: () => root,
  path: '/traces/$id',
  validateSearch: traceSearch,
  component: lazyRouteComponent(() => import('./trace/index.tsx'), 'TracePage'),
});

const changes = createRoute({
  getParentRoute: () => root,
  path: '/changes',
  validateSearch: changesSearch,
  component: lazyRouteComponent(() => import('./changes/index.tsx'), 'ChangesPage'),
});

const documents = createRoute({
  getParentRoute: () => root,
  path: '/documents',
  validateSearch: documentsSearch,
  component: lazyRouteComponent(() => import('./documents/index.tsx'), 'DocumentsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([home, map, services, service, traces, trace, documents, changes]),
  defaultPreload: 'intent',
  defaultErrorComponent: PageFailure,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
