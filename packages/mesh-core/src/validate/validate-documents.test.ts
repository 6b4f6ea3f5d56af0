import { describe, expect, it } from 'vitest';
import { reviewsRule, reviewsSplit, service } from '../testing.ts';
import { validateDocuments } from './validate-documents.ts';

const verdicts = (...texts: string[]) =>
  validateDocuments(texts).map(({ index, kind, name, verdict, findings }) => [
    index,
    kind,
    name,
    verdict,
    findings.map(({ code, severity }) => `${code} ${severity}`),
  ]);

describe('documents by themselves', () => {
  it('are in the order of the texts, the broken ones in their place', () => {
    expect(
      verdicts(
        `${service('reviews')}kind: [\n---\n`,
        'apiVersion: v1\nkind: Wombat\nmetadata: { name: w }\n',
      ),
    ).toEqual([
      [0, 'Service', 'reviews', 'valid', []],
      [1, '', '', 'invalid', ['HDL0010 error']],
      [2, 'Wombat', 'w', 'invalid', ['HDL0011 error']],
    ]);
  });

  it('may name what nothing given describes', () => {
    expect(verdicts(reviewsSplit(90, 10))).toEqual([
      [0, 'VirtualService', 'reviews', 'valid', ['KIA1101 info', 'KIA1101 info']],
    ]);
    expect(verdicts(service('reviews') + reviewsSplit(90, 10))[1]).toEqual([
      1,
      'VirtualService',
      'reviews',
      'valid',
      ['KIA1107 info', 'KIA1107 info'],
    ]);
  });

  it('are invalid when the holder of a reference is given and lacks it', () => {
    const unknown = reviewsSplit(90, 10).replace('subset: v2', 'subset: v9');
    expect(verdicts(service('reviews') + reviewsRule + unknown)[2]).toEqual([
      2,
      'VirtualService',
      'reviews',
      'invalid',
      ['KIA1107 error'],
    ]);
  });

  it('are invalid when a DestinationRule lacks a subset, also where the service is not given', () => {
    const unknown = reviewsSplit(90, 10).replace('subset: v2', 'subset: v9');
    expect(verdicts(reviewsRule + unknown)[1]).toEqual([
      1,
      'VirtualService',
      'reviews',
      'invalid',
      ['KIA1101 info', 'KIA1107 error'],
    ]);
  });

  it('find subsets in the DestinationRule of a wildcard', () => {
    const wide = reviewsRule.replace('host: reviews', 'host: "*.default.svc.cluster.local"');
    expect(verdicts(service('reviews') + wide + reviewsSplit(90, 10))[2]?.[3]).toBe('valid');
    const unknown = reviewsSplit(90, 10).replace('subset: v2', 'subset: v9');
    expect(verdicts(service('reviews') + wide + unknown)[2]?.[4]).toEqual(['KIA1107 error']);
  });

  it.each(['tcp', 'tls'])('ask where connections go, too: %s', (kind) => {
    const match = kind === 'tls' ? 'match: [{ sniHosts: [reviews.example], port: 443 }], ' : '';
    const route = (host: string, subset: string) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: wire }
spec: { hosts: [reviews.example], ${kind}: [{ ${match}route: [{ destination: { host: ${host}, subset: ${subset} } }] }] }
---
`;
    const told = (text: string) =>
      validateDocuments([text])
        .at(-1)
        ?.findings.filter(({ code }) => code.startsWith('KIA'))
        .map(({ code, severity, path }) => `${code} ${severity} ${path}`);
    expect(told(service('reviews') + reviewsRule + route('reviews', 'v9'))).toEqual([
      `KIA1107 error spec.${kind}[0].route[0].destination.subset`,
    ]);
    expect(told(service('reviews') + reviewsRule + route('reviews', 'v1'))).toEqual([]);
    expect(told(route('nowhere', 'v1'))).toEqual([`KIA1101 info spec.${kind}[0].route[0].destination.host`]);
  });

  it('do not ask for workloads', () => {
    expect(verdicts(service('reviews') + reviewsRule)[1]).toEqual([
      1,
      'DestinationRule',
      'reviews',
      'valid',
      [],
    ]);
  });

  it('have their file, and the lines of their findings in it, in a List too', () => {
    const policy = (name: string) =>
      `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: ${name} }\nspec:\n  action: DENY\n`;
    const items = [policy('a'), policy('b')].map((one) => `  - ${one.trim().replaceAll('\n', '\n    ')}\n`);
    const places = (text: string) =>
      validateDocuments([{ text, file: 'x.yaml' }]).map(({ file, findings }) => [file, findings[0]?.line]);
    expect(places(`# why\n${policy('a')}---\n${policy('b')}`)).toEqual([
      ['x.yaml', 5],
      ['x.yaml', 11],
    ]);
    expect(places(`apiVersion: v1\nkind: List\nitems:\n${items.join('')}`)).toEqual([
      ['x.yaml', 7],
      ['x.yaml', 12],
    ]);
  });

  it('have the group of their apiVersion', () => {
    expect(validateDocuments([service('reviews') + reviewsRule]).map(({ group }) => group)).toEqual([
      '',
      'networking.istio.io',
    ]);
  });
});
