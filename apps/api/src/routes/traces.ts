import { ListOf, Problem, Trace, TraceSummary } from '@heddle/schema';
import type { TraceQuery } from '@heddle/telemetry';
import Type from 'typebox';
import type { App } from '../app.ts';
import type { Mesh } from '../mesh.ts';
import { LimitQuery } from '../query.ts';
import { notFound } from './config.ts';

const DateTime = Type.String({ format: 'date-time' });
const TracesQuery = Type.Object({
  service: Type.Optional(Type.String({ description: 'name or name.namespace' })),
  route: Type.Optional(Type.String({ description: 'name of a route, such as default/reviews http[0]' })),
  status: Type.Optional(Type.Union([Type.Literal('ok'), Type.Literal('error')])),
  minDurationMs: Type.Optional(Type.Number({ minimum: 0 })),
  q: Type.Optional(Type.String({ maxLength: 200, description: 'text in an id, a name or an attribute' })),
  from: Type.Optional(DateTime),
  to: Type.Optional(DateTime),
  limit: LimitQuery,
});

export function registerTraces(app: App, mesh: Mesh): void {
  app.get(
    '/api/v1/traces',
    {
      schema: {
        tags: ['traces'],
        summary: 'Recent traces, newest first',
        querystring: TracesQuery,
        response: { 200: ListOf(TraceSummary) },
      },
    },
    async ({ query: { from, to, limit, ...rest } }) => {
      const query: TraceQuery = {
        ...rest,
        ...(from === undefined ? {} : { fromMs: Date.parse(from) }),
        ...(to === undefined ? {} : { toMs: Date.parse(to) }),
      };
      return { items: mesh.traces.search(query, limit ?? 50), nextCursor: null };
    },
  );
  app.get(
    '/api/v1/traces/:traceId',
    {
      schema: {
        tags: ['traces'],
        summary: 'One trace: spans, critical path',
        params: Type.Object({ traceId: Type.String({ pattern: '^[0-9a-fA-F]{32}$' }) }),
        response: { 200: Trace, 404: Problem },
      },
    },
    async ({ params }) => {
      const trace = mesh.traces.get(params.traceId.toLowerCase());
      if (trace === undefined)
        throw notFound(`trace ${params.traceId}; recent traces are kept in memory, it may be too old`);
      return trace;
    },
  );
}
