import type { ServiceDetail, StoredResource } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { documentWith, draftOf, subsetsOf } from './draft.ts';

const signals = { rps: 10, errorRatio: 0, n: 600, errors: 0, p50Ms: 1, p95Ms: 2, p99Ms: 3 };
const share = (version: string, part: number) => ({
  version,
  workload: `reviews-${version}`,
  share: part,
  ...signals,
  state: 'ok' as const,
  instancesReady: 1,
  instancesTotal: 1,
});
const detail = (routing: ServiceDetail['routing']): ServiceDetail => ({
  namespace: 'default',
  name: 'reviews',
  hostname: 'reviews.default.svc.cluster.local',
  kind: 'service',
  ports: [],
  state: 'ok',
  inbound: signals,
  versions: [share('v1', 0.6), share('v2', 0.4)],
  instancesReady: 2,
  instancesTotal: 2,
  sentence: '',
  versionDetails: [],
  routing,
  instances: [],
  routes: [],
  callers: [],
  callees: [],
  windowMs: 60_000,
});
const destinationRule: StoredResource = {
  group: 'networking.istio.io',
  kind: 'DestinationRule',
  namespace: 'default',
  name: 'reviews',
  apiVersion: '',
  revision: 1,
  generation: 1,
  createdAt: '',
  updatedAt: '',
  yaml: '',
  findings: [],
  object: {
    spec: {
      host: 'reviews',
      subsets: [
        { name: 'v1', labels: { version: 'v1' } },
        { name: 'next', labels: { version: 'v2' } },
      ],
    },
  },
};
const yaml =
  'kind: VirtualService\nspec:\n  http:\n    - route:\n        - destination: {host: reviews, subset: v1}\n';
const owned = detail({
  owner: {
    group: 'networking.istio.io',
    kind: 'VirtualService',
    namespace: 'default',
    name: 'reviews',
    revision: 7,
    yaml,
  },
  joined: [],
  shadowed: [],
  rules: [
    {
      document: 0,
      path: 'spec.http[0]',
      match: 'everything else',
      extras: [],
      parts: [
        {
          host: 'reviews',
          subset: 'v1',
          version: 'v1',
          service: null,
          weight: 100,
          weightPath: 'spec.http[0].route[0].weight',
        },
      ],
    },
  ],
});
const subsets = subsetsOf([destinationRule], 'default', 'reviews');

describe('a shift', () => {
  it('knows the subsets of a service and the version each stands for', () => {
    expect(subsets).toEqual([
      { name: 'v1', version: 'v1' },
      { name: 'next', version: 'v2' },
    ]);
    expect(subsetsOf([destinationRule], 'default', 'ratings')).toEqual([]);
  });

  it('offers a subset that the rule does not name yet', () => {
    const draft = draftOf(owned, 0, subsets);
    if (draft.kind !== 'draft') throw new Error(draft.reason);
    expect(draft.choices.map((choice) => [choice.version, choice.weight])).toEqual([
      ['v1', 100],
      ['v2', 0],
    ]);
    const edit = documentWith(draft, [80, 20]);
    expect(edit.kind === 'edited' && parse(edit.yaml).spec.http[0].route).toEqual([
      { destination: { host: 'reviews', subset: 'v1' }, weight: 80 },
      { destination: { host: 'reviews', subset: 'next' }, weight: 20 },
    ]);
  });

  it('creates a VirtualService from what is observed where no document routes the service', () => {
    const draft = draftOf(detail({ owner: null, joined: [], shadowed: [], rules: [] }), 0, subsets);
    if (draft.kind !== 'draft') throw new Error(draft.reason);
    expect([draft.revision, draft.choices.map((choice) => choice.weight)]).toEqual([null, [60, 40]]);
    const edit = documentWith(draft, [90, 10]);
    expect(
      edit.kind === 'edited' &&
        parse(edit.yaml).spec.http[0].route.map((part: { weight: number }) => part.weight),
    ).toEqual([90, 10]);
  });

  it('says what is missing where there is nothing to shift to', () => {
    expect(draftOf(detail({ owner: null, joined: [], shadowed: [], rules: [] }), 0, [])).toMatchObject({
      kind: 'impossible',
      reason: expect.stringContaining('DestinationRule'),
    });
    expect(draftOf(owned, 0, [])).toMatchObject({
      kind: 'impossible',
      title: 'There is nothing to shift to',
    });
    expect(draftOf(owned, 4, subsets)).toMatchObject({ kind: 'impossible', title: 'There is no such rule' });
  });

  it('takes the weights of other Services as they are, by their names, in the document that has the rule', () => {
    const key = (name: string) => ({
      group: 'gateway.networking.k8s.io',
      kind: 'HTTPRoute',
      namespace: 'default',
      name,
      revision: 3,
      yaml: `# ${name}\nspec: { rules: [{ backendRefs: [{ name: reviews-v1, weight: 9 }, { name: reviews-v2, weight: 1 }] }] }\n`,
    });
    const part = (name: string, weight: number, i: number) => ({
      host: name,
      subset: null,
      version: name,
      service: { namespace: 'default', name },
      weight,
      weightPath: `spec.rules[0].backendRefs[${i}].weight`,
    });
    const draft = draftOf(
      detail({
        owner: key('first'),
        joined: [key('second')],
        shadowed: [],
        rules: [
          {
            document: 1,
            path: 'spec.rules[0]',
            match: 'everything else',
            extras: [],
            parts: [part('reviews-v1', 90, 0), part('reviews-v2', 10, 1)],
          },
        ],
      }),
      0,
      subsets,
    );
    if (draft.kind !== 'draft') throw new Error(draft.reason);
    expect(draft.key.name).toBe('second');
    expect(draft.choices.map(({ version, weight }) => `${version} ${weight}`)).toEqual([
      'reviews-v1 90',
      'reviews-v2 10',
    ]);
    expect(documentWith(draft, [75, 25])).toEqual({
      kind: 'edited',
      yaml: key('second').yaml.replace('weight: 9', 'weight: 75').replace('weight: 1 ', 'weight: 25 '),
    });
  });
});
