import { Graph, Problem } from '@heddle/schema';
import { buildGraph } from '@heddle/telemetry';
import { topologyOf } from '@heddle/mesh-core';
import Type from 'typebox';
import type { App } from '../app.ts';
import type { Mesh } from '../mesh.ts';
import { ApiError } from '../problem.ts';
import { LevelQuery, longestWindowMs, namesOf, NamespacesQuery, windowMsOf, WindowQuery } from '../query.ts';

export function registerGraph(app: App, mesh: Mesh): void {
  app.get(
    '/api/v1/graph',
    {
      schema: {
        tags: ['graph'],
        summary: 'The service graph of a window that ends now, or at `at`',
        querystring: Type.Object({
          window: WindowQuery,
          level: LevelQuery,
          namespaces: NamespacesQuery,
          at: Type.Optional(Type.String({ format: 'date-time' })),
        }),
        response: { 200: Graph, 400: Problem },
      },
    },
    async ({ query }) => {
      const nowMs = query.at === undefined ? mesh.now() : Date.parse(query.at);
      if (mesh.now() - nowMs > longestWindowMs || nowMs > mesh.now() + 1000) {
        throw new ApiError(400, 'HDL_BAD_TIME', `at=${query.at}: the live data reaches back 15 minutes`);
      }
      const namespaces = namesOf(query.namespaces);
      return buildGraph(mesh.ring, topologyOf(mesh.controlPlane.world), {
        level: query.level ?? 'version',
        windowMs: windowMsOf(query.window),
        nowMs,
        ...(namespaces === undefined ? {} : { namespaces }),
      });
    },
  );
}
