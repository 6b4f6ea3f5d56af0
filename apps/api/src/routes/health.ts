import { Problem } from '@heddle/schema';
import Type from 'typebox';
import type { App } from '../app.ts';
import type { Mesh } from '../mesh.ts';
import { ApiError } from '../problem.ts';

export interface ReadinessOptions {
  /** Workloads that must have accepted their configuration before the mesh counts as ready. */
  readonly expectedProxies: number;
  /** Whether requests must have flowed in the last 10 s. */
  readonly expectTraffic: boolean;
}

export function registerHealth(app: App, mesh: Mesh, options: ReadinessOptions): void {
  const Ok = Type.Object({ status: Type.Literal('ok') });
  app.get('/healthz', { schema: { tags: ['health'], response: { 200: Ok } } }, async () => ({
    status: 'ok' as const,
  }));
  app.get(
    '/readyz',
    {
      schema: {
        tags: ['health'],
        summary: 'Ready when every expected proxy has accepted its configuration and traffic flows',
        response: { 200: Ok, 503: Problem },
      },
    },
    async () => {
      const missing = notReady(mesh, options);
      if (missing !== undefined) throw new ApiError(503, 'HDL_NOT_READY', missing);
      return { status: 'ok' as const };
    },
  );
}

function notReady(mesh: Mesh, options: ReadinessOptions): string | undefined {
  const proxies = mesh.ads.status().filter(({ online }) => online);
  const accepted = proxies.filter(
    ({ revision, publishedRevision }) => revision > 0 && revision >= publishedRevision,
  );
  if (accepted.length < options.expectedProxies) {
    return `${accepted.length} of ${options.expectedProxies} proxies have accepted their configuration`;
  }
  const ready = mesh.controlPlane.registry.list().filter((instance) => instance.ready).length;
  if (ready < options.expectedProxies) return `${ready} of ${options.expectedProxies} workloads are ready`;
  if (!options.expectTraffic) return undefined;
  let requests = 0;
  const now = Math.floor(mesh.now() / 1000);
  mesh.ring.visit(
    { fromSecond: now - 10, toSecond: now },
    () => true,
    (_key, { n }) => (requests += n),
  );
  return requests > 0 ? undefined : 'no request has been seen in the last 10 s';
}
