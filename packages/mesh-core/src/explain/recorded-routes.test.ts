/**
 * Decisions recorded from Istio's own config generation and a real Envoy, for random routes of both APIs and random requests.
 * `expect` is what came out there; splits are counted over 300 requests, so they are compared within 9 points.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { World } from '../world/world.ts';
import type { ExplainedUpstream, RouteExplainAnswer, RouteExplainRequest } from '@heddle/schema';
import { RouteExplainer } from './route.ts';

/** A destination, or the share of requests that the proxy answers itself. */
type RecordedUpstream =
  | { readonly host: string; readonly port: number; readonly subset?: string; readonly percent: number }
  | { readonly status: number; readonly percent: number };

interface RecordedCase {
  readonly request: Omit<RouteExplainRequest, 'from'>;
  readonly expect: {
    readonly action: 'route' | 'redirect' | 'direct' | 'none' | 'passthrough';
    readonly status?: number;
    readonly location?: string;
    readonly body?: string;
    readonly upstreams?: readonly RecordedUpstream[];
    readonly path?: string;
    readonly authority?: string;
    readonly timeoutMs?: number;
    /** null = not sent. */
    readonly requestHeaders?: Readonly<Record<string, string | null>>;
    readonly responseHeaders?: Readonly<Record<string, string | null>>;
  };
}

interface Recording {
  readonly common: readonly object[];
  readonly groups: readonly {
    readonly id: string;
    readonly view: {
      readonly gateway: boolean;
      readonly namespace: string;
      readonly workload: string;
      readonly labels: Record<string, string>;
    };
    readonly resources: readonly object[];
    readonly cases: readonly RecordedCase[];
  }[];
}

const folder = join(import.meta.dirname, 'testdata');

it.each(globSync(['routes/*.json', 'httproutes/*.json'], { cwd: folder }).toSorted())(
  'decides like Istio and Envoy for %s',
  (file) => {
    const { common, groups }: Recording = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const differences: string[] = [];
    let decisions = 0;
    for (const { id, view, resources, cases } of groups) {
      const explainer = explainerOf([...common, ...resources]);
      const { namespace, workload, labels } = view;
      const from = view.gateway ? { gateway: 'mill/edge' } : { sidecar: { namespace, workload, labels } };
      for (const one of cases) {
        decisions++;
        const answer = explainer.explain({ ...one.request, from });
        for (const difference of differencesOf(one, answer))
          differences.push(`${id} ${one.request.host}${one.request.path}: ${difference}`);
      }
    }
    expect(differences).toEqual([]);
    expect(decisions).toBeGreaterThan(100);
  },
);

function explainerOf(objects: readonly object[]): RouteExplainer {
  const { documents, findings } = parseDocuments(objects.map((one) => JSON.stringify(one)).join('\n---\n'));
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const stored = documents.map((one, i) => ({ ...one, generation: 1, createdAtMs: i, revision: 1 }));
  return new RouteExplainer(new World(stored, []));
}

function* differencesOf(
  { request, expect: wanted }: RecordedCase,
  answer: RouteExplainAnswer,
): Iterable<string> {
  const action = comparable(answer, wanted.upstreams !== undefined);
  if (action !== wanted.action) {
    yield `${action}, expected ${wanted.action} ${wanted.status ?? ''}`;
    return;
  }
  const returned: Record<string, string> = { ...answer.responseHeaders?.set };
  for (const [name, value] of Object.entries(answer.responseHeaders?.add ?? {})) {
    returned[name] = name in returned ? `${returned[name]}, ${value}` : value;
  }
  for (const [name, value] of Object.entries(wanted.responseHeaders ?? {})) {
    if ((returned[name] ?? null) !== value) yield `response ${name} ${returned[name]}, expected ${value}`;
  }
  if (wanted.action !== 'route') {
    if (wanted.status !== undefined && answer.status !== wanted.status)
      yield `status ${answer.status}, expected ${wanted.status}`;
    if (wanted.location !== undefined && answer.location !== wanted.location)
      yield `to ${answer.location}, expected ${wanted.location}`;
    if (answer.action === 'direct' && (answer.body ?? '') !== (wanted.body ?? ''))
      yield `body ${answer.body}`;
    return;
  }
  for (const upstream of wanted.upstreams ?? []) {
    const percent = (answer.upstreams ?? [])
      .filter((one) => isSame(one, upstream))
      .reduce((sum, one) => sum + one.percent, 0);
    if (Math.abs(percent - upstream.percent) > 9) yield `${percent} % to ${JSON.stringify(upstream)}`;
  }
  if (wanted.path === undefined) return; // some requests of a split that partly fails were not sent at all
  if (answer.path !== wanted.path) yield `path ${answer.path}, expected ${wanted.path}`;
  if (answer.authority !== wanted.authority)
    yield `authority ${answer.authority}, expected ${wanted.authority}`;
  if (wanted.timeoutMs !== undefined && answer.timeoutMs !== wanted.timeoutMs)
    yield `timeout ${answer.timeoutMs}`;
  const sent = answer.requestHeaders ?? request.headers ?? {};
  for (const [name, value] of Object.entries(wanted.requestHeaders ?? {})) {
    if ((sent[name] ?? null) !== value) yield `${name} ${sent[name]}, expected ${value}`;
  }
}

function isSame(one: ExplainedUpstream, recorded: RecordedUpstream): boolean {
  if ('status' in recorded) return one.status === recorded.status;
  return one.host === recorded.host && one.port === recorded.port && one.subset === recorded.subset;
}

/** @param hasUpstreams of the recording: there a split that fails altogether is a route still */
function comparable(answer: RouteExplainAnswer, hasUpstreams: boolean): string {
  // An answer of 404 without a body cannot be told from "no rule matched" on the wire.
  if (answer.action === 'direct' && answer.status === 404 && !answer.body) return 'none';
  if (answer.action === 'error' && hasUpstreams) return 'route';
  if (answer.action === 'error' || answer.action === 'fault') return 'direct';
  return answer.action === 'route' && answer.why[0]?.kind === 'Default' ? 'passthrough' : answer.action;
}
