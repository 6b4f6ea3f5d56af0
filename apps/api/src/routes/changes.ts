import { Change, ListOf, Problem, RollbackRequest, WriteResult } from '@heddle/schema';
import Type from 'typebox';
import type { App } from '../app.ts';
import { toChange } from '../change.ts';
import type { Mesh } from '../mesh.ts';
import { LimitQuery } from '../query.ts';
import { metaOf, notFound, written } from './config.ts';

const RevisionParams = Type.Object({ revision: Type.Integer({ minimum: 1 }) });

export function registerChanges(app: App, mesh: Mesh): void {
  app.get(
    '/api/v1/changes',
    {
      schema: {
        tags: ['changes'],
        summary: 'The change log, newest first; the cursor is a revision',
        querystring: Type.Object({
          limit: LimitQuery,
          cursor: Type.Optional(Type.String({ pattern: '^[0-9]+$' })),
        }),
        response: { 200: ListOf(Change) },
      },
    },
    async ({ query }) => {
      const limit = query.limit ?? 50;
      const before = query.cursor === undefined ? undefined : Number(query.cursor);
      const recorded = mesh.controlPlane.store.changes(limit + 1, before);
      const items = recorded.slice(0, limit).map((one) => toChange(mesh, one));
      const last = items.at(-1);
      return {
        items,
        nextCursor: recorded.length > limit && last !== undefined ? String(last.revision) : null,
      };
    },
  );
  app.get(
    '/api/v1/changes/:revision',
    { schema: { tags: ['changes'], params: RevisionParams, response: { 200: Change, 404: Problem } } },
    async ({ params }) => {
      const recorded = mesh.controlPlane.store.change(params.revision);
      if (recorded === undefined) throw notFound(`revision ${params.revision}`);
      return toChange(mesh, recorded);
    },
  );
  app.post(
    '/api/v1/changes/:revision/rollback',
    {
      schema: {
        tags: ['changes'],
        summary: 'A new change that restores what a change had replaced',
        params: RevisionParams,
        body: Type.Union([RollbackRequest, Type.Null()]),
        response: { 200: WriteResult, 404: Problem, 422: Problem },
      },
    },
    async (request) =>
      written(mesh.controlPlane.rollback(request.params.revision, metaOf(request, request.body?.reason))),
  );
}
