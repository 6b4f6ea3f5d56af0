import type { RouteExplainAnswer } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { factsOf, goesWhereItWent, headlineOf } from './words.ts';

const upstream = (subset: string, percent: number) => ({
  host: 'reviews.default.svc.cluster.local',
  namespace: 'default',
  service: 'reviews',
  port: 9080,
  subset,
  percent,
});
const route: RouteExplainAnswer = {
  action: 'route',
  upstreams: [upstream('v1', 90), upstream('v2', 10)],
  path: '/b',
  authority: 'reviews:9080',
  timeoutMs: 2000,
  retry: {
    attempts: 2,
    on: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled'],
    perTryTimeoutMs: 0,
  },
  why: [],
};

describe('the headline', () => {
  it.each<[RouteExplainAnswer, string, boolean]>([
    [route, 'Goes to reviews.default', false],
    [
      { action: 'redirect', status: 301, location: 'https://a/', why: [] },
      'Redirected 301 to https://a/',
      false,
    ],
    [{ action: 'direct', status: 200, body: 'x', why: [] }, 'Answered 200 by the proxy itself', false],
    [{ action: 'fault', status: 555, flag: 'FI', why: [] }, 'Answered 555: an injected fault', true],
    [
      { action: 'error', status: 503, flag: 'NC', why: [] },
      'Fails with 503: its destination does not exist',
      true,
    ],
    [{ action: 'none', status: 404, flag: 'NR', why: [] }, 'Answered 404: no rule matches', true],
  ])('of %j', (answer, text, bad) => {
    expect(headlineOf(answer, false)).toEqual({ text, bad });
  });

  it.each<[RouteExplainAnswer, string, boolean]>([
    [route, 'Goes to reviews.default', false],
    [{ action: 'none', status: 404, flag: 'NR', why: [] }, 'Closed: nothing here takes it', true],
    [{ action: 'error', status: 503, flag: 'NC', why: [] }, 'Closed: its destination does not exist', true],
    [{ action: 'error', status: 502, why: [] }, 'Closed: only what the mesh knows may be called', true],
  ])('of a connection with %j', (answer, text, bad) => {
    expect(headlineOf(answer, true)).toEqual({ text, bad });
  });

  it('calls what is outside the mesh by its host', () => {
    const host = 'pay.example';
    const outside = { host, namespace: 'default', service: host, port: 443, percent: 100 };
    expect(headlineOf({ action: 'route', upstreams: [outside], why: [] }, true).text).toBe(
      'Goes to pay.example',
    );
  });

  it('of a call of gRPC has its own status too', () => {
    const failed: RouteExplainAnswer = { action: 'error', status: 503, grpcStatus: 14, flag: 'NC', why: [] };
    expect(headlineOf(failed, false).text).toBe(
      'Fails with 503 (gRPC status 14): its destination does not exist',
    );
  });

  it('says what could not be answered', () => {
    expect(headlineOf({ error: { code: 'HDL0032', message: 'no such gateway' } }, false)).toEqual({
      text: 'Not answered: no such gateway',
      bad: true,
    });
  });
});

it('tells what is changed from what is as it was, and a default from what somebody wrote', () => {
  expect(factsOf(route, { host: 'reviews', path: '/a' })).toEqual([
    { label: 'Path', value: '/a → /b', isDefault: false },
    { label: 'Host', value: 'reviews:9080', isDefault: true },
    { label: 'Timeout', value: '2.00 s', isDefault: false },
    {
      label: 'Retries',
      value: '2 on connect-failure, refused-stream, unavailable, cancelled',
      isDefault: true,
    },
  ]);
});

it('knows whether a request would go where it went', () => {
  expect(goesWhereItWent('outbound|9080|v2|reviews.default.svc.cluster.local', route)).toBe(true);
  expect(goesWhereItWent('outbound|9080|v3|reviews.default.svc.cluster.local', route)).toBe(false);
});
