import type { VersionDetail } from '@heddle/schema';
import { expect, it } from 'vitest';
import { latencyRows } from './latency-rows.ts';

const version = (
  name: string,
  p50Ms: number | null,
  p95Ms: number | null,
  p99Ms: number | null,
): VersionDetail => ({
  version: name,
  workload: `reviews-${name}`,
  share: 0.5,
  rps: 1,
  errorRatio: 0,
  n: p50Ms === null ? 0 : 10,
  errors: 0,
  p50Ms,
  p95Ms,
  p99Ms,
  state: 'ok',
  instancesReady: 1,
  instancesTotal: 1,
  series: { fromMs: 0, stepMs: 1000, rps: [], errorsPerSecond: [], p50Ms: [], p95Ms: [], p99Ms: [] },
});

it('groups the percentiles of all versions, and leaves out versions without requests', () => {
  expect(
    latencyRows([version('v1', 5, 9, 12), version('v2', null, null, null), version('v3', 7, 20, 31)]),
  ).toEqual([
    { percentile: 'p50', v1: 5, v3: 7 },
    { percentile: 'p95', v1: 9, v3: 20 },
    { percentile: 'p99', v1: 12, v3: 31 },
  ]);
});
