import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editWeights, parsePath, type WeightChange } from './weight-edit.ts';

const reviews = `# Traffic of reviews. Owner: team-reviews.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec:
  hosts: ["reviews"]   # short name
  http:
    - match:
        - headers: {end-user: {exact: jason}}
      route:
        - destination:
            host: reviews
            subset: v3

    # default split
    - route:
        - destination: {host: reviews, subset: v1}
          weight: 90  # stable
        - weight: 10  # canary, see RFC-112
          destination:
            subset: v2
            host: reviews
      timeout: 2s # of the whole request
`;

const at = (index: number, weight: number, rule = 1): WeightChange => ({
  weightPath: `spec.http[${rule}].route[${index}].weight`,
  subset: null,
  weight,
});
const edited = (source: string, rule: string, changes: readonly WeightChange[]): string => {
  const edit = editWeights(source, rule, changes);
  if (edit.kind === 'refused') throw new Error(edit.reason);
  return edit.yaml;
};

describe('weights in the text', () => {
  it('change their digits and nothing else', () => {
    expect(edited(reviews, 'spec.http[1]', [at(0, 80), at(1, 20)])).toBe(
      reviews.replace('weight: 90', 'weight: 80').replace('weight: 10', 'weight: 20'),
    );
  });

  it('leave the text as it is when they are as they were', () => {
    expect(edited(reviews, 'spec.http[1]', [at(0, 90), at(1, 10)])).toBe(reviews);
  });

  it('are written where a lone destination had none', () => {
    const text = edited(reviews, 'spec.http[0]', [
      at(0, 70, 0),
      { weightPath: null, subset: 'v1', weight: 30 },
    ]);
    expect(text).toContain(
      '            subset: v3\n          weight: 70\n        - destination:\n            host: reviews\n            subset: v1\n          weight: 30\n\n    # default split',
    );
  });

  it('come with a new destination in the style of the last one', () => {
    const text = edited(reviews, 'spec.http[1]', [
      at(0, 80),
      at(1, 10),
      { weightPath: null, subset: 'v3', weight: 10 },
    ]);
    expect(parse(text).spec.http[1].route[2]).toEqual({
      destination: { host: 'reviews', subset: 'v3' },
      weight: 10,
    });
    expect(text).toContain('            host: reviews\n        - destination:');
  });

  it('keep a trailing comment on its line when a destination follows it', () => {
    const source =
      'spec:\n  http:\n  - route:\n    - destination: {host: a, subset: v1, port: {number: 80}}\n      weight: 100 # all\n';
    expect(
      edited(source, 'spec.http[0]', [at(0, 60, 0), { weightPath: null, subset: 'v2', weight: 40 }]),
    ).toBe(
      'spec:\n  http:\n  - route:\n    - destination: {host: a, subset: v1, port: {number: 80}}\n      weight: 60 # all\n    - destination: {host: a, port: {number: 80}, subset: v2}\n      weight: 40\n',
    );
  });

  it('are edited in JSON as well', () => {
    const source = '{"spec":{"http":[{"route":[{"destination":{"host":"a","subset":"v1"}}]}]}}';
    const text = edited(source, 'spec.http[0]', [
      at(0, 60, 0),
      { weightPath: null, subset: 'v2', weight: 40 },
    ]);
    expect(parse(text).spec.http[0].route).toEqual([
      { destination: { host: 'a', subset: 'v1' }, weight: 60 },
      { destination: { host: 'a', subset: 'v2' }, weight: 40 },
    ]);
  });

  it('add no destination that would get nothing', () => {
    expect(edited(reviews, 'spec.http[1]', [{ weightPath: null, subset: 'v3', weight: 0 }])).toBe(reviews);
  });

  it('refuse where a destination cannot be added, and say why', () => {
    const edit = editWeights('spec:\n  rules:\n    - backendRefs: []\n', 'spec.rules[0]', [
      { weightPath: null, subset: 'v2', weight: 5 },
    ]);
    expect(edit).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('no list of destinations'),
    });
  });

  it('read paths with keys and indices', () => {
    expect(parsePath('spec.http[0].route[12].weight')).toEqual(['spec', 'http', 0, 'route', 12, 'weight']);
  });

  it('keep every comment, every other line and every other value of generated documents', () => {
    let state = 9;
    const random = () => {
      state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
      return state / 4_294_967_296;
    };
    const pick = (options: readonly string[]) => options[Math.floor(random() * options.length)] ?? '';
    for (let round = 0; round < 200; round += 1) {
      const step = pick(['', '  ']);
      const destinations = Array.from({ length: 2 + Math.floor(random() * 3) }, (_, index) => {
        const comment = pick(['', ` # part ${index}`, '  # 50 % of what was']);
        const weight = Math.floor(random() * 100);
        return pick(['flow', 'block']) === 'flow'
          ? `  ${step}- destination: {subset: v${index}, host: shop}${pick(['', ' # to shop'])}\n  ${step}  weight: ${weight}${comment}\n`
          : `  ${step}# before ${index}\n  ${step}- weight: ${weight}${comment}\n  ${step}  destination:\n  ${step}    host: "shop"\n  ${step}    subset: 'v${index}'\n`;
      });
      const source = `# head\nspec:\n  hosts: [shop]\n  http:\n  - name: ${pick(['"a b"', 'plain'])}\n    route:${pick(['', ' # split'])}\n${destinations.map((text) => text.replaceAll(/^/gm, '  ').trimEnd()).join('\n')}\n    timeout: ${pick(['2s', '"2s"'])}\n# tail\n`;
      const weights = destinations.map(() => Math.floor(random() * 100));
      const text = edited(
        source,
        'spec.http[0]',
        weights.map((weight, index) => at(index, weight, 0)),
      );
      const expected = parse(source);
      weights.forEach((weight, index) => {
        expected.spec.http[0].route[index].weight = weight;
      });
      expect(parse(text)).toEqual(expected);
      const withoutNumbers = (yaml: string) => yaml.replaceAll(/weight: \d+/g, 'weight: ?');
      expect(withoutNumbers(text)).toBe(withoutNumbers(source));
    }
  });
});

describe('weights of other owners', () => {
  const backends = (weights: readonly string[]) =>
    `spec:\n  service: reviews\n  backends:\n${weights.map((weight, i) => `    - service: v${i} # ${i}\n      weight: ${weight}\n`).join('')}`;
  const toBackends = (weights: readonly string[], percents: readonly number[]) =>
    edited(
      backends(weights),
      'spec',
      percents.map((weight, i) => ({ weightPath: `spec.backends[${i}].weight`, subset: null, weight })),
    );

  it.each([
    ['thousandths sum to one', ['900m', '100m'], [75, 25], ['750m', '250m']],
    ['quotes stay', ['"900m"', "'100m'"], [75, 25], ['"750m"', "'250m'"]],
    ['plain numbers are percents', ['1', '1'], [80, 20], ['80', '20']],
    ['thousands stay thousands', ['1k', '3k'], [80, 20], ['80k', '20k']],
    ['mixed units keep their proportions', ['1', '500m'], [80, 20], ['80', '20000m']],
  ])('of a TrafficSplit keep their unit: %s', (_, before, percents, after) => {
    expect(toBackends(before, percents)).toBe(backends(after));
  });

  it('of an HTTPRoute are set beside what else the backend says, also where none is written', () => {
    const source = `spec:
  rules:
    - backendRefs:
        - {name: reviews-v1, port: 9080} # stable
        - name: reviews-v2
          port: 9080
          filters: []
`;
    const change = (i: number, weight: number) => ({
      weightPath: `spec.rules[0].backendRefs[${i}].weight`,
      subset: null,
      weight,
    });
    expect(edited(source, 'spec.rules[0]', [change(0, 90), change(1, 10)])).toBe(`spec:
  rules:
    - backendRefs:
        - {name: reviews-v1, port: 9080, weight: 90} # stable
        - name: reviews-v2
          port: 9080
          filters: []
          weight: 10
`);
  });
});
