import { expect, it } from 'vitest';
import { noHeaderMutation, type WeightedCluster } from './ir/index.ts';
import { isInShare, pickWeighted } from './split.ts';

const part = (cluster: string, weight: number): WeightedCluster => ({
  cluster,
  weight,
  requestHeaders: noHeaderMutation,
  responseHeaders: noHeaderMutation,
  from: [],
});

it('splits in proportion to the weights, whatever their total', () => {
  const parts = [part('v1', 3), part('v2', 1)];
  expect(pickWeighted(parts, 0)?.cluster).toBe('v1');
  expect(pickWeighted(parts, 0.7499)?.cluster).toBe('v1');
  expect(pickWeighted(parts, 0.75)?.cluster).toBe('v2');
  expect(pickWeighted(parts, 0.9999)?.cluster).toBe('v2');
});

it('gives nothing to a weight of 0', () => {
  expect(pickWeighted([part('v1', 0), part('v2', 1)], 0)?.cluster).toBe('v2');
});

it('takes a lone destination whatever its weight', () => {
  expect(pickWeighted([part('v1', 0)], 0.5)?.cluster).toBe('v1');
});

it('has nothing to pick from several weights of 0', () => {
  expect(pickWeighted([part('v1', 0), part('v2', 0)], 0.5)).toBeUndefined();
});

it('hits a share of a million', () => {
  expect(isInShare(500_000, 0.4999)).toBe(true);
  expect(isInShare(500_000, 0.5)).toBe(false);
  expect(isInShare(0, 0)).toBe(false);
  expect(isInShare(1_000_000, 0.9999999)).toBe(true);
});
