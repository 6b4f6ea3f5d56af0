import { expect, it } from 'vitest';
import { apiName, documentId, groupOf, parseDocumentId } from './kinds.ts';

it('knows whose API a group is', () => {
  expect(
    ['networking.istio.io', 'gateway.networking.x-k8s.io', 'split.smi-spec.io', 'core', 'apps'].map(apiName),
  ).toEqual(['Istio', 'Gateway API', 'SMI', 'Kubernetes', 'Kubernetes']);
});

it('writes and reads the id of a document, of one without namespace too', () => {
  const key = { group: 'core', kind: 'Namespace', namespace: '', name: 'shop' };
  expect(documentId(key)).toBe('core/Namespace/-/shop');
  expect(parseDocumentId('core/Namespace/-/shop')).toEqual(key);
  expect(['new', 'a/b/c', 'a/b/c/d/e', '//c/d'].map(parseDocumentId)).toEqual([null, null, null, null]);
});

it('tells the two Gateways apart by what the path is about', () => {
  expect(groupOf('Gateway', 'spec.servers[0]')).toBe('networking.istio.io');
  expect(groupOf('Gateway', 'spec.listeners[0]')).toBe('gateway.networking.k8s.io');
  expect(groupOf('Unheard', '')).toBeNull();
});
