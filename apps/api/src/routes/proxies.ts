import { ListOf, ProxyStatus } from '@heddle/schema';
import type { ProxySync } from '@heddle/xds';
import Type from 'typebox';
import type { App } from '../app.ts';
import type { Mesh } from '../mesh.ts';
import { CursorQuery, LimitQuery, page } from '../query.ts';

export function registerProxies(app: App, mesh: Mesh): void {
  app.get(
    '/api/v1/proxies',
    {
      schema: {
        tags: ['proxies'],
        summary: 'Every proxy: identity, version, synchronisation by type, what it refused and why',
        querystring: Type.Object({ limit: LimitQuery, cursor: CursorQuery }),
        response: { 200: ListOf(ProxyStatus) },
      },
    },
    async ({ query }) => {
      const all = mesh.ads.status().map((sync) => toProxyStatus(mesh, sync));
      return page(
        all.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        query.limit ?? 200,
        query.cursor,
      );
    },
  );
}

/** The SSE event `proxy`. */
export function proxySummary(mesh: Mesh): { online: number; total: number; ready: number } {
  return {
    ...mesh.ads.presence(),
    ready: mesh.controlPlane.registry.list().filter(({ ready }) => ready).length,
  };
}

function toProxyStatus(mesh: Mesh, sync: ProxySync): ProxyStatus {
  const { node } = sync;
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    id: sync.id,
    kind: node.kind,
    namespace: node.namespace,
    workload: node.workload,
    version: node.version === '' ? null : node.version,
    spiffeId: mesh.controlPlane.world.spiffeId(node.namespace, node.serviceAccount),
    userAgent: node.userAgent,
    connectedAt: new Date(sync.connectedAtMs).toISOString(),
    online: sync.online,
    ready: mesh.controlPlane.registry.get(sync.id)?.ready ?? false,
    revision: sync.revision,
    certificateNotAfter: time(sync.certificateNotAfterMs),
    types: sync.types.map(({ type, state, resources, sentAtMs, ackedAtMs, nack }) => ({
      type,
      state,
      resources,
      sentAt: time(sentAtMs),
      ackedAt: time(ackedAtMs),
      nack,
    })),
  };
}
