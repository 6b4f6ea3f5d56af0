/** What each page keeps in the URL. Links are typed by a person too: what does not fit is left out, never an error. */
import type { GraphLevel } from '@heddle/schema';
import { lenses, type Lens } from './map/model/encode.ts';
import type { Asking } from './why/model/question.ts';

type Raw = Record<string, unknown>;

const written = (value: unknown): string | undefined =>
  typeof value === 'number' ? String(value) : typeof value === 'string' ? value : undefined;
const text = (value: unknown): string | undefined => written(value) || undefined;
const whole = (value: unknown): number | undefined => {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : undefined;
};
const oneOf = <T extends string>(options: readonly T[], value: unknown): T | undefined =>
  options.find((option) => option === value);

/** Left out of the object altogether when undefined, so that the URL stays short. */
function compact<T extends object>(search: T): T {
  for (const [key, value] of Object.entries(search))
    if (value === undefined) Reflect.deleteProperty(search, key);
  return search;
}

const askedFields = ['protocol', 'from', 'method', 'host', 'port', 'path', 'headers', 'sni'] as const;

/** What a link asks otherwise than where it was made from. */
function asking(value: unknown): Asking | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const raw: Raw = { ...value };
  const asked = askedFields.flatMap((key) => {
    const said =
      key === 'protocol' ? oneOf(['http', 'grpc', 'tcp', 'tls'] as const, raw[key]) : written(raw[key]);
    return said === undefined ? [] : [[key, said] as const];
  });
  return asked.length === 0 ? undefined : Object.fromEntries(asked);
}

export interface ScopeSearch {
  ns?: string | undefined;
}

export interface MapSearch extends ScopeSearch {
  edge?: string | undefined;
  lens?: Lens | undefined;
  level?: GraphLevel | undefined;
  find?: string | undefined;
  table?: boolean | undefined;
  /** The route of the edge that is asked about, `GET /reviews/{id}`; `*` where none has been seen. */
  why?: string | undefined;
  ask?: Asking | undefined;
}

export function mapSearch(raw: Raw): MapSearch {
  return compact({
    ns: text(raw['ns']),
    edge: text(raw['edge']),
    lens: oneOf(lenses, raw['lens']),
    level: oneOf(['service', 'version', 'workload'] as const, raw['level']),
    find: text(raw['find']),
    table: raw['table'] === true ? true : undefined,
    why: text(raw['why']),
    ask: asking(raw['ask']),
  });
}

export function scopeSearch(raw: Raw): ScopeSearch {
  return compact({ ns: text(raw['ns']) });
}

export interface ServiceSearch extends ScopeSearch {
  /** Index of the rule whose weights are being shifted. */
  shift?: number | undefined;
  /** The route that is asked about, as on the map. */
  why?: string | undefined;
  ask?: Asking | undefined;
}

export function serviceSearch(raw: Raw): ServiceSearch {
  return compact({
    ns: text(raw['ns']),
    shift: whole(raw['shift']),
    why: text(raw['why']),
    ask: asking(raw['ask']),
  });
}

export interface TracesSearch extends ScopeSearch {
  service?: string | undefined;
  status?: 'error' | 'ok' | undefined;
  min?: number | undefined;
  q?: string | undefined;
}

export function tracesSearch(raw: Raw): TracesSearch {
  return compact({
    ns: text(raw['ns']),
    service: text(raw['service']),
    status: oneOf(['error', 'ok'] as const, raw['status']),
    min: whole(raw['min']),
    q: text(raw['q']),
  });
}

export interface TraceSearch extends ScopeSearch {
  span?: string | undefined;
  why?: boolean | undefined;
  ask?: Asking | undefined;
}

export function traceSearch(raw: Raw): TraceSearch {
  return compact({
    ns: text(raw['ns']),
    span: text(raw['span']),
    why: raw['why'] === true ? true : undefined,
    ask: asking(raw['ask']),
  });
}

export interface ChangesSearch extends ScopeSearch {
  rev?: number | undefined;
}

export function changesSearch(raw: Raw): ChangesSearch {
  return compact({ ns: text(raw['ns']), rev: whole(raw['rev']) });
}

export interface DocumentsSearch extends ScopeSearch {
  /** `group/Kind/namespace/name`; of a kind without namespace that is `-`. */
  doc?: string | undefined;
  /** The place in the document that a link means, such as `spec.http[0]`. */
  at?: string | undefined;
  /** The document is open in the editor. */
  edit?: boolean | undefined;
  q?: string | undefined;
  api?: string | undefined;
}

export function documentsSearch(raw: Raw): DocumentsSearch {
  return compact({
    ns: text(raw['ns']),
    doc: text(raw['doc']),
    at: text(raw['at']),
    edit: raw['edit'] === true ? true : undefined,
    q: text(raw['q']),
    api: text(raw['api']),
  });
}
