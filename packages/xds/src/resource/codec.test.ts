import { describe, expect, it } from 'vitest';
import {
  noHeaderMutation,
  type Cluster,
  type Listener,
  type Route,
  type RouteConfiguration,
} from '@heddle/traffic';
import { jsonToBytes } from '../descriptors/registry.ts';
import { RandomIr } from '../testing/random-ir.ts';
import { decodeResource, encodeResource, resourceToJson } from './codec.ts';
import { DecodeError } from './decode-error.ts';

const route: Route = {
  name: 'default/reviews http[0]',
  match: {
    path: { kind: 'path-separated-prefix', value: '/reviews', caseSensitive: true },
    headers: [
      {
        name: 'end-user',
        match: { kind: 'exact', value: 'jason', ignoreCase: false },
        invert: false,
        treatMissingAsEmpty: false,
      },
    ],
    queryParams: [],
  },
  action: {
    kind: 'forward',
    clusters: [
      {
        cluster: 'v1',
        weight: 80,
        requestHeaders: noHeaderMutation,
        responseHeaders: noHeaderMutation,
        from: [],
      },
      {
        cluster: 'v2',
        weight: 20,
        requestHeaders: noHeaderMutation,
        responseHeaders: noHeaderMutation,
        from: [],
      },
    ],
    timeoutMs: 0,
    retry: {
      retryOn: ['connect-failure', '5xx'],
      statusCodes: [],
      numRetries: 2,
      perTryTimeoutMs: 0,
      backoffBaseMs: 25,
      backoffMaxMs: 250,
      from: [],
    },
    fault: { abort: { status: 503, share: 500_000 }, from: [] },
    mirrors: [],
  },
  requestHeaders: { set: [{ name: 'x-a', value: '100%%' }], add: [], remove: [] },
  responseHeaders: noHeaderMutation,
  from: [],
};
const routes = {
  name: '9080',
  virtualHosts: [{ name: 'reviews', domains: ['reviews'], routes: [route], from: [] }],
};

const listener: Listener = {
  name: 'virtualInbound',
  address: '127.0.0.1',
  port: 15_006,
  bind: true,
  direction: 'INBOUND',
  filterChains: [
    {
      name: 'inbound',
      destinationPort: 9080,
      tls: { mode: 'PERMISSIVE', from: [] },
      http: { routeConfig: 'inbound|9080', tracingShare: 10_000 },
    },
  ],
};

const cluster: Cluster = {
  name: 'outbound|9080||reviews',
  discovery: 'EDS',
  endpoints: [],
  lb: 'LEAST_REQUEST',
  connectTimeoutMs: 250,
  tls: {
    mode: 'ISTIO_MUTUAL',
    sni: 'outbound_.9080_._.reviews',
    spiffeIds: ['spiffe://td/ns/default/sa/reviews'],
  },
  from: [],
};

describe('a resource that is encoded and decoded again', () => {
  it.each([
    ['LDS', (ir: RandomIr) => ir.listener('0.0.0.0_9080')],
    ['RDS', (ir: RandomIr) => ir.routeConfiguration('9080')],
    ['CDS', (ir: RandomIr) => ir.cluster('outbound|9080||reviews')],
    ['EDS', (ir: RandomIr) => ir.loadAssignment('outbound|9080||reviews')],
    ['SDS', (ir: RandomIr) => ir.secret('kubernetes://shop')],
  ] as const)('is equal to what it was: 300 random resources of %s', (type, make) => {
    for (let seed = 0; seed < 300; seed += 1) {
      const node = make(new RandomIr(seed));
      expect(throughWire(type, node), `seed ${seed}`).toStrictEqual(node);
    }
  });

  it('has the same version when its content is the same, and another when it is not', () => {
    const same = encodeResource('CDS', structuredClone(cluster));
    expect(same.version).toBe(encodeResource('CDS', cluster).version);
    expect(same.version).toMatch(/^[0-9a-f]{16}$/);
    expect(encodeResource('CDS', { ...cluster, lb: 'RANDOM' }).version).not.toBe(same.version);
  });

  it('is encoded once for all who get it', () => {
    expect(encodeResource('CDS', cluster)).toBe(encodeResource('CDS', cluster));
  });

  it('carries a certificate chain and a bundle as secrets', () => {
    expect(throughWire('SDS', { kind: 'identity', chainPem: 'chain' })).toEqual({
      kind: 'identity',
      chainPem: 'chain',
    });
    expect(throughWire('SDS', { kind: 'bundle', bundlePem: 'roots' })).toEqual({
      kind: 'bundle',
      bundlePem: 'roots',
    });
  });
});

describe('Envoy reads', () => {
  it('weights, header matches, retries, faults and header values in its own fields', () => {
    expect(resourceToJson('RDS', encodeResource('RDS', routes).bytes)).toMatchObject({
      virtualHosts: [
        {
          routes: [
            {
              match: { pathSeparatedPrefix: '/reviews', headers: [{ stringMatch: { exact: 'jason' } }] },
              route: {
                weightedClusters: {
                  clusters: [
                    { name: 'v1', weight: 80 },
                    { name: 'v2', weight: 20 },
                  ],
                },
                timeout: '0s',
                retryPolicy: {
                  retryOn: 'connect-failure,5xx',
                  numRetries: 2,
                  retryBackOff: { baseInterval: '0.025s' },
                },
              },
              typedPerFilterConfig: {
                'envoy.filters.http.fault': {
                  abort: { httpStatus: 503, percentage: { numerator: 500_000, denominator: 'MILLION' } },
                },
              },
              requestHeadersToAdd: [
                { header: { key: 'x-a', value: '100%%' }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' },
              ],
            },
          ],
        },
      ],
    });
  });

  it('PERMISSIVE as a chain for TLS and a chain for plaintext, each ending in the router', () => {
    const json = resourceToJson('LDS', encodeResource('LDS', listener).bytes);
    expect(json).toMatchObject({
      filterChains: [
        {
          filterChainMatch: { destinationPort: 9080, transportProtocol: 'tls' },
          transportSocket: { typedConfig: { requireClientCertificate: true } },
          filters: [
            {
              typedConfig: {
                httpFilters: [
                  { name: 'envoy.filters.http.fault' },
                  { name: 'envoy.filters.http.cors' },
                  { name: 'envoy.filters.http.router' },
                ],
              },
            },
          ],
        },
        { filterChainMatch: { destinationPort: 9080, transportProtocol: 'raw_buffer' } },
      ],
    });
    expect(json).not.toHaveProperty('filterChains.1.transportSocket');
  });

  it('mesh mTLS as a transport socket for the endpoints that speak it, with the secrets by name', () => {
    expect(resourceToJson('CDS', encodeResource('CDS', cluster).bytes)).toMatchObject({
      transportSocketMatches: [
        {
          match: { tlsMode: 'istio' },
          transportSocket: {
            typedConfig: {
              sni: 'outbound_.9080_._.reviews',
              commonTlsContext: {
                tlsCertificateSdsSecretConfigs: [{ name: 'default' }],
                combinedValidationContext: {
                  defaultValidationContext: {
                    matchTypedSubjectAltNames: [
                      { sanType: 'URI', matcher: { exact: 'spiffe://td/ns/default/sa/reviews' } },
                    ],
                  },
                  validationContextSdsSecretConfig: { name: 'ROOTCA' },
                },
              },
            },
          },
        },
        { match: {} },
      ],
    });
  });
});

describe('what cannot be read', () => {
  it('is named by resource and field', () => {
    const bytes = jsonToBytes('envoy.config.route.v3.RouteConfiguration', {
      name: '9080',
      virtualHosts: [{ name: 'a', domains: ['*'], routes: [{ name: 'r', match: { prefix: '/' } }] }],
    });
    expect(() => decodeResource('RDS', '9080', bytes)).toThrow(
      new DecodeError(
        'RouteConfiguration "9080"',
        'virtualHosts[0].routes[0]: expected route, redirect or directResponse',
      ),
    );
  });

  it('is refused when the bytes are no message at all', () => {
    expect(() => decodeResource('CDS', 'x', Buffer.from('ffffffffff', 'hex'))).toThrow(/^Cluster "x": /);
  });

  it('is refused before it is sent, by name', () => {
    const endpoint = { address: '::1', port: 1, weight: 1, health: 'HEALTHY', tlsMode: 'istio' } as const;
    expect(() => encodeResource('CDS', { ...cluster, endpoints: [endpoint] })).toThrow(
      'Cluster "outbound|9080||reviews": discovery EDS with 1 endpoints: expected none',
    );
  });
});

function throughWire<T extends Parameters<typeof encodeResource>[0]>(
  type: T,
  node: Parameters<typeof encodeResource<T>>[1],
) {
  const { name, bytes } = encodeResource(type, node);
  return decodeResource(type, name, bytes);
}

describe('a route configuration that was read before', () => {
  const hostOf = (name: string, prefix: string) =>
    ({
      name,
      domains: [name],
      routes: [
        { ...route, match: { ...route.match, path: { kind: 'prefix', value: prefix, caseSensitive: true } } },
      ],
      from: [],
    }) satisfies RouteConfiguration['virtualHosts'][number];
  const of = (...virtualHosts: RouteConfiguration['virtualHosts']): RouteConfiguration => ({
    name: '80',
    virtualHosts,
  });
  const read = (configuration: RouteConfiguration, before?: RouteConfiguration) =>
    decodeResource('RDS', '80', encodeResource('RDS', configuration).bytes, before);
  const [a, b, c] = [hostOf('a', '/'), hostOf('b', '/'), hostOf('c', '/')];

  it('keeps each virtual host that is the same as an object, wherever it stands', () => {
    const before = read(of(a, b, c));
    const changed = hostOf('b', '/new');
    const after = read(of(c, changed, a), before);
    expect(after).toEqual(of(c, changed, a));
    expect(after.virtualHosts[0]).toBe(before.virtualHosts[2]);
    expect(after.virtualHosts[2]).toBe(before.virtualHosts[0]);
    expect(read(of(c, changed, a), after).virtualHosts[1]).toBe(after.virtualHosts[1]);
  });

  it('takes a host from no configuration that it did not read itself', () => {
    const before = of(a, b);
    const after = read(of(a, b), before);
    expect(after).toEqual(before);
    expect(after.virtualHosts[0]).not.toBe(a);
  });

  it('is the same as one that is read anew, for configurations of any kind', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const [first, second] = [new RandomIr(seed), new RandomIr(seed + 1000)].map((random) =>
        random.routeConfiguration('80'),
      );
      if (first === undefined || second === undefined) throw new Error('no configuration');
      const mixed = of(...first.virtualHosts, ...second.virtualHosts);
      expect(read(mixed, read(first))).toEqual(read(mixed));
    }
  });

  it('says where a virtual host cannot be read', () => {
    const broken = jsonToBytes('envoy.config.route.v3.RouteConfiguration', {
      name: '80',
      virtualHosts: [
        { name: 'a', domains: ['a'], routes: [] },
        { name: 'b', domains: ['b'], routes: [{ match: { safeRegex: { regex: 'x' } } }] },
      ],
    });
    const anew = () => decodeResource('RDS', '80', broken);
    expect(anew).toThrow(/^RouteConfiguration "80": virtualHosts\[1\]\.routes\[0\]/);
    expect(() => decodeResource('RDS', '80', broken.subarray(0, -3))).toThrow(DecodeError);
  });
});
