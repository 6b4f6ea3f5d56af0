import { describe, expect, it } from 'vitest';
import { cursorAt } from './cursor.ts';

/** The cursor stands where the text has a `|`. */
function at(text: string) {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => line.includes('|'));
  const column = lines[index]?.indexOf('|') ?? 0;
  return cursorAt(
    lines.map((line) => line.replace('|', '')),
    index,
    column,
  );
}

const head = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
`;

describe('the place of the cursor', () => {
  it('in an empty text is the root of a document that says nothing of itself', () => {
    expect(at('|')).toMatchObject({ apiVersion: '', kind: '', path: [], valueOf: null, from: 0 });
  });

  it('at the root knows what is there above and below', () => {
    const cursor = at(`apiVersion: v1\nki|\nmetadata:\n  name: a\nspec: {}\n`);
    expect(cursor).toMatchObject({ path: [], valueOf: null, from: 0 });
    expect([...(cursor?.present ?? [])]).toEqual(['apiVersion', 'metadata', 'spec']);
  });

  it('after a key is its value', () => {
    expect(at(`${head}spec:\n  hosts: rev|`)).toMatchObject({ path: ['spec'], valueOf: 'hosts', from: 9 });
    expect(at(`kind: |`)).toMatchObject({ path: [], valueOf: 'kind', from: 6 });
  });

  it('in items of lists follows both ways of indenting them', () => {
    const indented = at(`${head}spec:
  http:
    - match:
        - uri: { prefix: / }
      route:
        - destination:
            host: reviews
            su|
          weight: 1
`);
    expect(indented?.path).toEqual(['spec', 'http', '[]', 'route', '[]', 'destination']);
    expect([...(indented?.present ?? [])]).toEqual(['host']);
    const flush = at(`${head}spec:
  http:
  - timeout: 1s
  - match:
    - uri:
        prefix: /
    route:
    - destination:
        host: reviews
      we|
`);
    expect(flush?.path).toEqual(['spec', 'http', '[]', 'route', '[]']);
    expect([...(flush?.present ?? [])]).toEqual(['destination']);
  });

  it('in a new item of a list is in that item', () => {
    expect(at(`${head}spec:\n  http:\n    - name: a\n    - na|`)).toMatchObject({
      path: ['spec', 'http', '[]'],
      valueOf: null,
      from: 6,
    });
    expect(at(`${head}spec:\n  hosts:\n    - re|`)).toMatchObject({ path: ['spec', 'hosts', '[]'] });
  });

  it('beside the keys of an item knows those above and below it', () => {
    const cursor = at(`spec:\n  http:\n    - name: a\n      |\n      timeout: 1s\n    - route: []\n`);
    expect(cursor?.path).toEqual(['spec', 'http', '[]']);
    expect([...(cursor?.present ?? [])]).toEqual(['name', 'timeout']);
  });

  it('in braces is in the mapping that is open', () => {
    const cursor = at(`spec:\n  http:\n    - route:\n        - destination: { host: reviews, sub|`);
    expect(cursor).toMatchObject({
      path: ['spec', 'http', '[]', 'route', '[]', 'destination'],
      valueOf: null,
      isFlow: true,
    });
    expect([...(cursor?.present ?? [])]).toEqual(['host']);
    expect(at(`metadata: { name: a, labels: { app: |`)).toMatchObject({
      path: ['metadata', 'labels'],
      valueOf: 'app',
    });
    expect(at(`spec:\n  subsets: [{ name: v1 }, { na|`)).toMatchObject({ path: ['spec', 'subsets', '[]'] });
    expect(at(`spec:\n  methods: [GET, P|`)).toMatchObject({ path: ['spec', 'methods', '[]'], from: 17 });
  });

  it('of a second document is of that one', () => {
    expect(at(`${head}---\napiVersion: v1\nkind: Service\nspec:\n  |`)).toMatchObject({
      apiVersion: 'v1',
      kind: 'Service',
      path: ['spec'],
    });
  });

  it('in a comment is nowhere, and a # in quotes is none', () => {
    expect(at('spec: # the |')).toBeNull();
    expect(at('name: "a # b|')).not.toBeNull();
  });

  it('is found at the end of 20,000 lines', () => {
    const rules = Array.from(
      { length: 5000 },
      (_, i) => `    - name: r${i}\n      route:\n        - destination: { host: h }\n          weight: 1`,
    );
    expect(at(`${head}spec:\n  http:\n${rules.join('\n')}\n      |`)?.path).toEqual(['spec', 'http', '[]']);
  });
});
