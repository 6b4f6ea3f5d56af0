/** The kinds and schemas that the control plane checks by, for whoever writes a document; each is asked for once. */
import type { QueryClient } from '@tanstack/react-query';
import type { DocumentKind } from '@heddle/schema';
import { kindsQuery, schemaQuery, servicesQuery } from '../api/queries.ts';
import type { Schema } from './model/schema.ts';

export interface Schemas {
  readonly kinds: () => Promise<readonly DocumentKind[]>;
  /** Hosts of services, short and in full. */
  readonly hosts: () => Promise<readonly { readonly host: string; readonly namespace: string }[]>;
  /** null for a kind that is not known, or while nobody answers: then nothing is suggested. */
  readonly of: (apiVersion: string, kind: string) => Promise<Schema | null>;
}

export function schemasFrom(queries: QueryClient): Schemas {
  return {
    kinds: async () => (await queries.ensureQueryData(kindsQuery()).catch(nobody))?.items ?? [],
    hosts: async () =>
      ((await queries.ensureQueryData(servicesQuery()).catch(nobody))?.items ?? []).flatMap(
        ({ name, hostname, namespace }) =>
          name === hostname
            ? [{ host: name, namespace }]
            : [name, hostname].map((host) => ({ host, namespace })),
      ),
    of: async (apiVersion, kind) => {
      if (kind === '') return null;
      const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : 'core';
      return (await queries.ensureQueryData(schemaQuery(group, kind)).catch(nobody))?.schema ?? null;
    },
  };
}

const nobody = () => null;
