import { describe, expect, it } from 'vitest';
import { pathKeys, placeOf } from './place.ts';

const source = `# whose it is
kind: VirtualService
metadata:
  annotations: { "a.b/c": yes }
spec:
  hosts: [reviews]
  http:
    # the canary
    - match:
        - uri: { prefix: /a }
      route:
        - destination: { host: reviews }
          weight: 90 # most

    - route:
        - destination: { host: other }
`;

describe('the place of a path', () => {
  it.each([
    ['spec.http[0]', 9, 13, true],
    ['spec.http[0].match[0].uri', 10, 10, true],
    ['spec.http[0].route[0].weight', 13, 13, true],
    ['spec.http[1]', 15, 16, true],
    ['spec.hosts[0]', 6, 6, true],
    ['metadata.annotations["a.b/c"]', 4, 4, true],
    ['spec', 5, 16, true],
    ['spec.http[0].timeout', 9, 13, false],
    ['spec.http[7].timeout', 7, 16, false],
  ])('%s is lines %i to %i', (path, from, to, whole) => {
    expect(placeOf(source, path)).toEqual({ from, to, whole });
  });

  it('is nowhere in a text that has nothing of it', () => {
    expect(placeOf(source, 'status.conditions')).toBeNull();
    expect(placeOf('', 'spec')).toBeNull();
    expect(placeOf('- a\n- b\n', 'spec.http')).toBeNull();
    expect(placeOf(': : {[', 'spec')).toBeNull();
  });
});

it('reads keys, indices and quoted keys of a path', () => {
  expect(pathKeys('spec.http[10].headers["x.y[0]"].set')).toEqual([
    'spec',
    'http',
    10,
    'headers',
    'x.y[0]',
    'set',
  ]);
});
