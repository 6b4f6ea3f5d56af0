import {
  coreGroup,
  explainDocuments,
  Explainer,
  knownKind,
  knownKinds,
  type KnownKind,
  keyWords,
  resourceStatus,
  type StoredDocument,
  type WriteMeta,
  withHiddenValues,
  type WriteOutcome,
} from '@heddle/mesh-core';
import {
  DocumentKind,
  DocumentSchema,
  ExplainBatch,
  ExplainBatchAnswer,
  ListOf,
  Plan,
  PlanRequest,
  Problem,
  ResourceKey,
  ResourceSummaryPage,
  StoredResource,
  WriteResult,
} from '@heddle/schema';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { App } from '../app.ts';
import { summaryPage } from '../config-summary.ts';
import type { Mesh } from '../mesh.ts';
import { ApiError } from '../problem.ts';
import { noForecast } from '../forecast/forecaster.ts';
import { CursorQuery, LimitQuery, namesOf, page } from '../query.ts';

/** More than any sane document, far less than memory. */
const maxBodyBytes = 4 * 1024 * 1024;

const WriteQuery = Type.Object({
  reason: Type.Optional(Type.String({ maxLength: 1000, description: 'why, for the change log' })),
});
const KeyParams = ResourceKey;

export function registerConfig(app: App, mesh: Mesh): void {
  app.get(
    '/api/v1/config',
    {
      schema: {
        tags: ['config'],
        summary: 'Stored documents',
        querystring: Type.Object({
          kind: Type.Optional(Type.String()),
          namespace: Type.Optional(Type.String()),
          limit: LimitQuery,
          cursor: CursorQuery,
        }),
        response: { 200: ListOf(StoredResource) },
      },
    },
    async ({ query }) => {
      const { kind, namespace } = query;
      const documents = mesh.controlPlane.store.list({
        ...(kind === undefined ? {} : { kind }),
        ...(namespace === undefined ? {} : { namespace }),
      });
      const { items, nextCursor } = page(documents, query.limit ?? 200, query.cursor);
      return { items: items.map((one) => toResource(mesh, one)), nextCursor };
    },
  );
  app.get(
    '/api/v1/config/summary',
    {
      schema: {
        tags: ['config'],
        summary: 'Stored documents without their texts: searched, trouble first, with counts',
        querystring: Type.Object({
          namespace: Type.Optional(Type.String()),
          q: Type.Optional(
            Type.String({
              maxLength: 200,
              description:
                'words that all stand in kind, namespace/name, or code or severity of a finding; also shadowed, not yet enforced, envoy only',
            }),
          ),
          group: Type.Optional(Type.String({ description: 'groups of APIs separated by commas' })),
          limit: LimitQuery,
          cursor: CursorQuery,
        }),
        response: { 200: ResourceSummaryPage },
      },
    },
    async ({ query: { namespace, q, group, limit = 200, cursor } }) =>
      summaryPage(mesh, { namespace, q, groups: namesOf(group) ?? [], limit, cursor }),
  );
  app.get(
    '/api/v1/config/kinds',
    {
      schema: {
        tags: ['config'],
        summary: 'Kinds that can be stored, and what the mesh does with each',
        response: { 200: ListOf(DocumentKind) },
      },
    },
    async () => ({ items: knownKinds.map(toKind), nextCursor: null }),
  );
  app.get(
    '/api/v1/config/schema',
    {
      schema: {
        tags: ['config'],
        summary: 'The JSON Schema that documents of a kind are checked against',
        querystring: Type.Object({
          group: Type.Optional(Type.String({ description: 'default: core, the Kubernetes core group' })),
          kind: Type.String(),
        }),
        response: { 200: DocumentSchema, 404: Problem },
      },
    },
    async ({ query }, reply) => {
      const group = query.group === undefined || query.group === coreGroup ? '' : query.group;
      const known = knownKind(group, query.kind);
      if (known === undefined) throw notFound(`kind ${query.kind} of ${group === '' ? coreGroup : group}`);
      reply.header('cache-control', 'private, max-age=300');
      return { ...toKind(known), schema: { ...known.validator.Type() } };
    },
  );
  app.get(
    '/api/v1/config/:group/:kind/:namespace/:name',
    {
      schema: {
        tags: ['config'],
        summary: 'One document, verbatim and parsed',
        params: KeyParams,
        response: { 200: StoredResource, 404: Problem },
      },
    },
    async ({ params }, reply) => {
      const stored = mesh.controlPlane.store.get(normalised(params));
      if (stored === undefined) throw notFound(keyWords(normalised(params)));
      reply.header('etag', `"${stored.revision}"`);
      return toResource(mesh, stored);
    },
  );
  app.delete(
    '/api/v1/config/:group/:kind/:namespace/:name',
    {
      schema: {
        tags: ['config'],
        summary: 'Deletes a document',
        params: KeyParams,
        querystring: WriteQuery,
        response: { 200: WriteResult, 404: Problem, 409: Problem },
      },
    },
    async (request) =>
      written(
        mesh.controlPlane.remove(
          normalised(request.params),
          metaOf(request, request.query.reason),
          baseOf(request),
        ),
      ),
  );
  app.post(
    '/api/v1/config/plan',
    {
      bodyLimit: maxBodyBytes,
      schema: {
        tags: ['config'],
        summary: 'What candidate documents would do; writes nothing',
        body: PlanRequest,
        response: { 200: Plan, 400: Problem },
      },
    },
    async ({ body }) => {
      const { documents, ...plan } = mesh.controlPlane.plan(textOf(body));
      const forecast = plan.valid
        ? await mesh.forecaster.forecast(documents)
        : noForecast('a candidate with errors is not tried');
      return { ...plan, forecast };
    },
  );
  app.post(
    '/api/v1/config/explain',
    {
      bodyLimit: maxBodyBytes,
      schema: {
        tags: ['config'],
        summary: 'What a proxy would do with requests, and by which rule; one answer per request, in order',
        body: ExplainBatch,
        response: { 200: ExplainBatchAnswer, 400: Problem },
      },
    },
    async ({ body }) => {
      const isStored = body.yaml === undefined && body.documents === undefined;
      const { explainer, leftOut } = isStored
        ? { explainer: new Explainer(mesh.controlPlane.world), leftOut: [] }
        : explainDocuments([textOf(body)]);
      return { items: body.requests.map((request) => explainer.explain(request)), leftOut: [...leftOut] };
    },
  );
  app.register(async (verbatim: App) => {
    // A document is stored as it was written: the body stays text here, JSON too.
    verbatim.removeAllContentTypeParsers();
    verbatim.addContentTypeParser(
      ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain', 'application/json'],
      { parseAs: 'string' },
      (_request, body, done) => done(null, body),
    );
    verbatim.put(
      '/api/v1/config/:group/:kind/:namespace/:name',
      {
        bodyLimit: maxBodyBytes,
        schema: {
          tags: ['config'],
          summary: 'Creates or replaces a document; If-Match names the revision it was read at',
          params: KeyParams,
          querystring: WriteQuery,
          response: { 200: WriteResult, 409: Problem, 413: Problem, 422: Problem },
        },
      },
      async (request) => {
        const base = baseOf(request);
        return written(
          mesh.controlPlane.apply(bodyText(request), metaOf(request, request.query.reason), {
            key: normalised(request.params),
            ...(base === undefined ? {} : { baseRevision: base }),
          }),
        );
      },
    );
    verbatim.post(
      '/api/v1/config',
      {
        bodyLimit: maxBodyBytes,
        schema: {
          tags: ['config'],
          summary: 'Creates or replaces several documents of one text, all or none',
          querystring: WriteQuery,
          response: { 200: WriteResult, 413: Problem, 422: Problem },
        },
      },
      async (request) =>
        written(mesh.controlPlane.apply(bodyText(request), metaOf(request, request.query.reason))),
    );
  });
}

/** The namespace of a kind that has none is stored as ""; in a path it is written `-`. */
function normalised(key: ResourceKey): ResourceKey {
  return {
    ...key,
    group: key.group === '' ? coreGroup : key.group,
    namespace: key.namespace === '-' ? '' : key.namespace,
  };
}

function textOf({ documents, yaml }: Pick<PlanRequest, 'documents' | 'yaml'>): string {
  if (yaml !== undefined && documents === undefined) return yaml;
  if (documents !== undefined && yaml === undefined) {
    return documents.map((document) => JSON.stringify(document, null, 2)).join('\n---\n');
  }
  throw new ApiError(400, 'HDL_BAD_REQUEST', 'body: give either "yaml" or "documents"');
}

/** The body as it was sent: the parsers of these routes keep it as text. */
function bodyText(request: FastifyRequest): string {
  return typeof request.body === 'string' ? request.body : '';
}

/** `If-Match: 17`, quoted or not; `*` and no header ask for nothing. */
export function baseOf(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match'];
  if (header === undefined || header === '*') return undefined;
  const revision = /^(?:W\/)?"?(\d+)"?$/.exec(header)?.[1];
  if (revision === undefined) {
    throw new ApiError(400, 'HDL_BAD_REVISION', `If-Match: ${header}: expected a revision such as 17, or *`);
  }
  return Number(revision);
}

export function metaOf(request: FastifyRequest, reason: string | undefined): WriteMeta {
  const client = request.headers['x-heddle-client'];
  const via = client === 'ui' || client === 'cli' ? client : 'api';
  return { actor: 'local', via, reason: reason ?? '' };
}

/** The answer to a write, or the error that says what to do. */
export function written(outcome: WriteOutcome): WriteResult {
  switch (outcome.kind) {
    case 'written':
      return { revision: outcome.revision, findings: [...outcome.findings], changed: outcome.changed };
    case 'invalid': {
      const first = outcome.findings.find(({ severity }) => severity === 'error');
      throw new ApiError(422, 'HDL_INVALID', first?.message ?? 'the configuration is not valid', {
        errors: outcome.findings,
      });
    }
    case 'conflict':
      throw new ApiError(
        409,
        'HDL_STALE_BASE',
        `${keyWords(outcome.key)} has changed: it is at revision ${outcome.currentRevision} now; read it again and repeat the edit`,
        { currentRevision: outcome.currentRevision },
      );
    case 'missing':
      throw notFound(outcome.what);
  }
}

export function notFound(what: string): ApiError {
  return new ApiError(404, 'HDL_NOT_FOUND', `there is no ${what}`);
}

function toKind({ group, kind, versions, namespaced, support }: KnownKind): DocumentKind {
  return { group: group === '' ? coreGroup : group, kind, versions: [...versions], namespaced, support };
}

function toResource(mesh: Mesh, stored: StoredDocument): StoredResource {
  const status = resourceStatus(stored.key, mesh.controlPlane.world);
  const shown = withHiddenValues(stored);
  return {
    ...stored.key,
    apiVersion: stored.apiVersion,
    revision: stored.revision,
    generation: stored.generation,
    createdAt: new Date(stored.createdAtMs).toISOString(),
    updatedAt: new Date(stored.updatedAtMs).toISOString(),
    yaml: shown.yaml,
    object: shown.object,
    findings: [...mesh.controlPlane.findingsOf(stored)],
    ...(status === undefined ? {} : { status: { ...status } }),
  };
}
