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
      const { unready } = readinessOf(mesh, options);
      if (unready !== undefined) throw new ApiError(503, 'HDL_NOT_READY', unready);
      return { status: 'ok' as const };
    },
  );
}

export interface Readiness {
  /** Why it is not ready, in words; undefined when it is. */
  readonly unready: string | undefined;
  readonly waitingFor: 'proxies' | 'traffic' | 'nothing';
}

export function readinessOf(mesh: Mesh, options: ReadinessOptions): Readiness {
  const proxies = mesh.ads.status().filter(({ online }) => online);
  const accepted = proxies.filter(
    ({ revision, publishedRevision }) => revision > 0 && revision >= publishedRevision,
  );
  const expected = options.expectedProxies;
  if (accepted.length < expected) {
    return {
      unready: `${accepted.length} of ${expected} proxies have accepted their configuration`,
      waitingFor: 'proxies',
    };
  }
  const ready = mesh.controlPlane.registry.list().filter((instance) => instance.ready).length;
  if (ready < expected)
    return { unready: `${ready} of ${expected} workloads are ready`, waitingFor: 'proxies' };
  if (!options.expectTraffic || sawTraffic(mesh)) return { unready: undefined, waitingFor: 'nothing' };
  return { unready: 'no request has been seen in the last 10 s', waitingFor: 'traffic' };
}

function sawTraffic(mesh: Mesh): boolean {
  let requests = 0;
  const now = Math.floor(mesh.now() / 1000);
  mesh.ring.visit(
    { fromSecond: now - 10, toSecond: now },
    () => true,
    (_key, { n }) => (requests += n),
  );
  return requests > 0;
}
