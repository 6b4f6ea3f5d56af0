import type { VersionDetail } from '@heddle/schema';
import { expect, it } from 'vitest';
import { configuredWeights } from './configured.ts';
import { shareSeries } from './share-series.ts';

const version = (name: string, rps: number[]): VersionDetail => ({
  version: name,
  workload: name,
  share: 0,
  rps: 0,
  errorRatio: 0,
  n: 0,
  errors: 0,
  p50Ms: null,
  p95Ms: null,
  p99Ms: null,
  state: 'ok',
  instancesReady: 1,
  instancesTotal: 1,
  series: { fromMs: 5000, stepMs: 1000, rps, errorsPerSecond: [], p50Ms: [], p95Ms: [], p99Ms: [] },
});

it('gives each version its percent of what all took, over the span behind', () => {
  const { at, shares } = shareSeries([version('v1', [9, 9, 0]), version('v2', [1, 1, 10])], 2);
  expect(at).toEqual([5, 6, 7]);
  expect(shares).toEqual([
    [90, 90, 45],
    [10, 10, 55],
  ]);
});

it('has no share where nothing was asked', () => {
  expect(shareSeries([version('v1', [0]), version('v2', [0])], 3).shares).toEqual([[null], [null]]);
});

it('reads the configured weights from the last rule, which takes what the others leave', () => {
  const part = (subset: string, weight: number) => ({
    host: 'reviews',
    subset,
    version: subset,
    service: null,
    weight,
    weightPath: '',
  });
  const rules = [
    { document: 0, path: 'spec.http[0]', match: 'jason', parts: [part('v3', 100)], extras: [] },
    {
      document: 0,
      path: 'spec.http[1]',
      match: 'everything else',
      parts: [part('v1', 80), part('v2', 20)],
      extras: [],
    },
  ];
  expect(configuredWeights(rules)).toEqual(
    new Map([
      ['v1', 80],
      ['v2', 20],
    ]),
  );
  expect(configuredWeights([])).toBeNull();
});
