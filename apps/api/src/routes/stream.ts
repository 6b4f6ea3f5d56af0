import { buildGraph } from '@heddle/telemetry';
import { topologyOf } from '@heddle/mesh-core';
import Type from 'typebox';
import type { App } from '../app.ts';
import { toChange } from '../change.ts';
import type { Mesh } from '../mesh.ts';
import { ApiError } from '../problem.ts';
import { LevelQuery, namesOf, NamespacesQuery, windowMsOf, WindowQuery } from '../query.ts';
import { Announcer } from '../stream/announcer.ts';
import { StreamHub } from '../stream/hub.ts';
import { proxySummary } from './proxies.ts';

/** Half a second between frames: with a quarter at the proxies, a request is on the screen within one. */
const tickMs = 500;

export function registerStream(app: App, mesh: Mesh): StreamHub {
  const hub = new StreamHub({
    tickMs,
    setInterval(run, ms) {
      const timer = setInterval(run, ms);
      return { clear: () => clearInterval(timer) };
    },
  });
  const announcer = new Announcer({
    hub,
    changeOf(revision) {
      const recorded = mesh.controlPlane.store.change(revision);
      return recorded === undefined ? undefined : toChange(mesh, recorded);
    },
    proxies: () => proxySummary(mesh),
  });
  const unsubscribe = [
    mesh.controlPlane.subscribe((event) => {
      if (event.kind !== 'instances') announcer.changeMoved(event.revision);
    }),
    mesh.onProxies(() => announcer.proxiesMoved()),
  ];
  app.addHook('onClose', async () => {
    for (const stop of unsubscribe) stop();
    announcer.close();
  });
  app.addHook('preClose', async () => hub.close());
  app.get(
    '/api/v1/stream',
    {
      schema: {
        tags: ['graph'],
        summary: 'Server-Sent Events: snapshot, delta, change, proxy',
        querystring: Type.Object({
          view: Type.Optional(Type.Literal('graph')),
          window: WindowQuery,
          level: LevelQuery,
          namespaces: NamespacesQuery,
        }),
      },
    },
    async (request, reply) => {
      const { query } = request;
      if (hub.isFull) throw new ApiError(503, 'HDL_STREAMS_FULL', 'too many open streams; close some pages');
      const level = query.level ?? 'service';
      const windowMs = windowMsOf(query.window, 10_000);
      const namespaces = namesOf(query.namespaces);
      const build = () =>
        buildGraph(mesh.ring, topologyOf(mesh.controlPlane.world), {
          level,
          windowMs,
          nowMs: mesh.now(),
          ...(namespaces === undefined ? {} : { namespaces }),
        });
      const lastEventId = request.headers['last-event-id'];
      reply.hijack();
      hub.attach(
        JSON.stringify([level, windowMs, namespaces]),
        build,
        reply.raw,
        typeof lastEventId === 'string' ? lastEventId : undefined,
      );
    },
  );
  return hub;
}
