import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastifyCompress from '@fastify/compress';
import fastifySwagger from '@fastify/swagger';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { App } from './app.ts';
import { registerConsole } from './console.ts';
import { registerGuards } from './guards.ts';
import type { Mesh } from './mesh.ts';
import type { MeshMetrics } from './metrics.ts';
import { handleError } from './problem.ts';
import { registerChanges } from './routes/changes.ts';
import { registerConfig } from './routes/config.ts';
import { registerGraph } from './routes/graph.ts';
import { type ReadinessOptions, registerHealth } from './routes/health.ts';
import { registerOtlp } from './routes/otlp.ts';
import { registerProxies } from './routes/proxies.ts';
import { registerServices } from './routes/services.ts';
import { registerStream } from './routes/stream.ts';
import { registerTraces } from './routes/traces.ts';

export interface ApiOptions {
  readonly mesh: Mesh;
  readonly metrics: MeshMetrics;
  readonly readiness: ReadinessOptions;
  /** It listens on loopback only: other Host names are refused. */
  readonly loopbackOnly: boolean;
  readonly logger: FastifyBaseLogger | false;
}

const maxBodyBytes = 1024 * 1024;

/** The API with the console, ready to listen. */
export async function createApi({
  mesh,
  metrics,
  readiness,
  loopbackOnly,
  logger,
}: ApiOptions): Promise<App> {
  const app: App = fastify({
    bodyLimit: maxBodyBytes,
    ...(logger === false ? { logger: false } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    // Node ids hold a service account, a namespace and a version; nothing a route needs is longer.
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, allErrors: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler(handleError);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Heddle API',
        version: '1',
        description:
          'Live graph, traces, configuration and proxies of a mesh. Durations end in Ms, ratios are 0..1.',
      },
    },
  });
  registerGuards(app, { loopbackOnly });
  // Event streams are not touched: they write to the socket themselves.
  await app.register(fastifyCompress, {
    encodings: ['gzip', 'identity'],
    threshold: 2048,
    globalDecompression: false,
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.requestSeconds.observe(
      { method: request.method, route: routeLabel(request.routeOptions.url), status: reply.statusCode },
      reply.elapsedTime / 1000,
    );
  });
  registerHealth(app, mesh, readiness);
  registerGraph(app, mesh);
  const hub = registerStream(app, mesh);
  registerServices(app, mesh);
  registerConfig(app, mesh);
  registerChanges(app, mesh);
  registerProxies(app, mesh);
  registerTraces(app, mesh);
  registerOtlp(app, mesh.traces);
  metrics.gauge('heddle_stream_clients', 'Open event streams', () => hub.clientCount);
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  registerConsole(app);
  await app.ready();
  return app;
}

/** The OTLP receiver alone, for its own port. */
export async function createOtlpReceiver({ mesh, loopbackOnly, logger }: ApiOptions): Promise<App> {
  const app: App = fastify({
    ...(logger === false ? { logger: false } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler(handleError);
  registerGuards(app, { loopbackOnly });
  registerOtlp(app, mesh.traces);
  await app.ready();
  return app;
}

/** Files of the console count as one: a build has many, with new names each time. */
function routeLabel(url: string | undefined): string {
  return url !== undefined && /^\/(api|v1|metrics|healthz|readyz)\b/.test(url) ? url : 'console';
}
