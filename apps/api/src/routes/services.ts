import type { MeshService } from '@heddle/mesh-core';
import { topologyOf } from '@heddle/mesh-core';
import {
  EdgeDetail,
  ListOf,
  ObservedSplit,
  Problem,
  RouteRow,
  ServiceDetail,
  ServiceSummary,
  WorkloadSummary,
} from '@heddle/schema';
import { Breakdown } from '@heddle/telemetry';
import Type from 'typebox';
import type { App } from '../app.ts';
import type { Mesh } from '../mesh.ts';
import { CursorQuery, LimitQuery, page, windowMsOf, WindowQuery } from '../query.ts';
import {
  edgeDetail,
  nodeId,
  serviceDetail,
  serviceRoutes,
  serviceSummaries,
  topologyFor,
} from '../service-view.ts';
import { notFound } from './config.ts';

const ServiceParams = Type.Object({ namespace: Type.String(), name: Type.String() });
const PagedWindow = Type.Object({ window: WindowQuery, limit: LimitQuery, cursor: CursorQuery });

export function registerServices(app: App, mesh: Mesh): void {
  const find = ({ namespace, name }: { namespace: string; name: string }): MeshService => {
    const service = mesh.controlPlane.world.services.find(
      (one) => one.namespace === namespace && one.name === name,
    );
    if (service === undefined) throw notFound(`Service ${namespace}/${name}`);
    return service;
  };
  app.get(
    '/api/v1/services',
    { schema: { tags: ['services'], querystring: PagedWindow, response: { 200: ListOf(ServiceSummary) } } },
    async ({ query }) =>
      page(serviceSummaries(mesh, windowMsOf(query.window)), query.limit ?? 200, query.cursor),
  );
  app.get(
    '/api/v1/services/:namespace/:name',
    {
      schema: {
        tags: ['services'],
        summary: 'Versions side by side, rules, instances, routes, callers and callees',
        params: ServiceParams,
        querystring: Type.Object({ window: WindowQuery }),
        response: { 200: ServiceDetail, 404: Problem },
      },
    },
    async ({ params, query }) => serviceDetail(mesh, find(params), windowMsOf(query.window)),
  );
  app.get(
    '/api/v1/services/:namespace/:name/routes',
    {
      schema: {
        tags: ['services'],
        summary: 'Routes by damage: failed requests per second, then rate',
        params: ServiceParams,
        querystring: PagedWindow,
        response: { 200: ListOf(RouteRow), 404: Problem },
      },
    },
    async ({ params, query }) =>
      page(serviceRoutes(mesh, find(params), windowMsOf(query.window)), query.limit ?? 200, query.cursor),
  );
  app.get(
    '/api/v1/services/:namespace/:name/split',
    {
      schema: {
        tags: ['services'],
        summary: 'What callers chose since a revision was accepted by every proxy it affects',
        params: ServiceParams,
        querystring: Type.Object({ sinceRevision: Type.Optional(Type.Integer({ minimum: 1 })) }),
        response: { 200: ObservedSplit, 404: Problem },
      },
    },
    async ({ params, query }) => observedSplit(mesh, find(params), query.sinceRevision),
  );
  app.get(
    '/api/v1/workloads',
    {
      schema: {
        tags: ['services'],
        querystring: Type.Object({ limit: LimitQuery, cursor: CursorQuery }),
        response: { 200: ListOf(WorkloadSummary) },
      },
    },
    async ({ query }) => {
      const workloads = topologyOf(mesh.controlPlane.world).workloads.map((one) => ({
        ...one,
        services: [...one.services],
        labels: { ...one.labels },
        state:
          one.ready === 0
            ? ('failing' as const)
            : one.ready < one.total
              ? ('degraded' as const)
              : ('ok' as const),
      }));
      return page(workloads, query.limit ?? 200, query.cursor);
    },
  );
  app.get(
    '/api/v1/edges/:source/:target',
    {
      schema: {
        tags: ['graph'],
        summary: 'One edge: identities, routes by damage, reasons of failure, latest traces',
        params: Type.Object({ source: Type.String(), target: Type.String() }),
        querystring: Type.Object({ window: WindowQuery }),
        response: { 200: EdgeDetail, 404: Problem },
      },
    },
    async ({ params, query }) => {
      const detail = edgeDetail(mesh, params.source, params.target, windowMsOf(query.window));
      if (detail === undefined) throw notFound(`edge ${params.source} -> ${params.target} in this window`);
      return detail;
    },
  );
}

function observedSplit(mesh: Mesh, service: MeshService, sinceRevision: number | undefined): ObservedSplit {
  const { store } = mesh.controlPlane;
  const change = sinceRevision === undefined ? undefined : store.change(sinceRevision);
  if (sinceRevision !== undefined && change === undefined) throw notFound(`revision ${sinceRevision}`);
  const push = sinceRevision === undefined ? null : mesh.controlPlane.pushStatus(sinceRevision);
  const sinceMs = change === undefined ? mesh.now() - 60_000 : change.atMs + (push?.ackedMs ?? 0);
  const selection = { level: 'service', target: nodeId(service) } as const;
  const breakdown = new Breakdown(mesh.ring, topologyFor(mesh, service), selection, mesh.now());
  return { sinceRevision: sinceRevision ?? null, sinceMs, ...breakdown.observedSplit(sinceMs) };
}
