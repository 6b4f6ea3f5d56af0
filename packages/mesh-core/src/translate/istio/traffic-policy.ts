/** DestinationRule's trafficPolicy: which of its levels holds for a port, and what its blocks mean. */
import type {
  ClientTlsSettings,
  ConnectionPoolSettings,
  LoadBalancerSettings,
  OutlierDetectionSettings,
  TrafficPolicy,
} from '@heddle/schema';
import type {
  CircuitBreaker,
  Cluster,
  HashPolicy,
  LocalityPreference,
  OriginatedTls,
  OutlierDetection,
  SlowStart,
  UpstreamConnections,
} from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { authoritiesOf, authorityFile, credentialSecret } from './credential.ts';

export type EffectivePolicy = Omit<TrafficPolicy, 'portLevelSettings'>;

/**
 * What holds for a port: the subset's policy over the service's, block by block. Settings of a port do not inherit: where a level
 * has some for the port, they replace its load balancer, connection pool, outlier detection and TLS, also by leaving them out.
 */
export function effectivePolicy(
  service: TrafficPolicy | undefined,
  subset: TrafficPolicy | undefined,
  port: number,
): EffectivePolicy {
  const base = atPort(service, port)?.policy ?? {};
  const own = atPort(subset, port);
  if (own === undefined) return base;
  const defined = Object.fromEntries(Object.entries(own.policy).filter(([, value]) => value !== undefined));
  if (!own.isOfPort) return { ...base, ...defined };
  const { tunnel, proxyProtocol, retryBudget } = base;
  return {
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(proxyProtocol === undefined ? {} : { proxyProtocol }),
    ...(retryBudget === undefined ? {} : { retryBudget }),
    ...defined,
  };
}

function atPort(
  policy: TrafficPolicy | undefined,
  port: number,
): { readonly policy: EffectivePolicy; readonly isOfPort: boolean } | undefined {
  if (policy === undefined) return undefined;
  const { portLevelSettings, ...whole } = policy;
  const ofPort = portLevelSettings?.find((settings) => settings.port?.number === port);
  if (ofPort === undefined) return { policy: whole, isOfPort: false };
  const { port: _port, ...settings } = ofPort;
  return { policy: settings, isOfPort: true };
}

const ringSize = 1024;
/** Envoy's own; a prime, as Maglev needs. */
const maglevSize = 65_537;

type Balancing = Pick<Cluster, 'hashTableSize' | 'hashPolicy' | 'slowStart' | 'locality'> & {
  /** undefined: nothing was said of it. */
  readonly lb: Cluster['lb'] | undefined;
  /** The address that was called is kept, whatever the endpoints are. */
  readonly isPassthrough: boolean;
};

export function balancing(settings: LoadBalancerSettings | undefined): Balancing {
  const { consistentHash, simple, localityLbSetting } = settings ?? {};
  const hashPolicy = consistentHash && hashPolicyOf(consistentHash);
  const slowStart = slowStartOf(settings);
  const locality = localityLbSetting && localityOf(localityLbSetting);
  return {
    lb: hashPolicy === undefined ? simplePolicy(simple) : hashFamily(consistentHash),
    isPassthrough: hashPolicy === undefined && simple === 'PASSTHROUGH',
    ...(hashPolicy === undefined ? {} : { hashPolicy, hashTableSize: tableSize(consistentHash) }),
    ...(slowStart === undefined ? {} : { slowStart }),
    ...(locality === undefined ? {} : { locality }),
  };
}

function simplePolicy(simple: LoadBalancerSettings['simple']): Cluster['lb'] | undefined {
  switch (simple) {
    case 'ROUND_ROBIN':
    case 'RANDOM':
    case 'LEAST_REQUEST':
      return simple;
    case 'LEAST_CONN':
      return 'LEAST_REQUEST';
    case 'PASSTHROUGH':
    case 'UNSPECIFIED':
    case undefined:
      return undefined;
  }
}

type ConsistentHash = NonNullable<LoadBalancerSettings['consistentHash']>;

function hashFamily(hash: ConsistentHash | undefined): Cluster['lb'] {
  return hash?.maglev === undefined ? 'RING_HASH' : 'MAGLEV';
}

/** 0 is "not said", as protobuf has it. */
function tableSize(hash: ConsistentHash | undefined): number {
  if (hash?.maglev !== undefined) return hash.maglev.tableSize || maglevSize;
  return hash?.ringHash?.minimumRingSize || hash?.minimumRingSize || ringSize;
}

function hashPolicyOf(hash: ConsistentHash): HashPolicy | undefined {
  const { httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName } = hash;
  if (httpHeaderName !== undefined) return { kind: 'header', name: httpHeaderName.toLowerCase() };
  if (httpCookie !== undefined) {
    const ttlMs = httpCookie.ttl === undefined ? undefined : durationMs(httpCookie.ttl);
    return {
      kind: 'cookie',
      name: httpCookie.name,
      path: httpCookie.path ?? '',
      ...(ttlMs === undefined ? {} : { ttlMs }),
      attributes: (httpCookie.attributes ?? []).map(({ name, value }) => ({ name, value: value ?? '' })),
    };
  }
  if (useSourceIp === true) return { kind: 'source-ip' };
  if (httpQueryParameterName !== undefined) return { kind: 'query', name: httpQueryParameterName };
  return undefined;
}

function slowStartOf(settings: LoadBalancerSettings | undefined): SlowStart | undefined {
  const { warmup, warmupDurationSecs } = settings ?? {};
  const duration = warmup?.duration ?? warmupDurationSecs;
  if (duration === undefined) return undefined;
  return {
    windowMs: durationMs(duration) ?? 0,
    minWeightPercent: warmup?.minimumPercent ?? 10,
    aggression: warmup?.aggression ?? 1,
  };
}

function localityOf(
  setting: NonNullable<LoadBalancerSettings['localityLbSetting']>,
): LocalityPreference | undefined {
  if (setting.enabled === false) return undefined;
  if (setting.distribute !== undefined && setting.distribute.length > 0) {
    return {
      kind: 'distribute',
      distribute: setting.distribute.map(({ from, to }) => ({ from: from ?? '', to: to ?? {} })),
    };
  }
  return {
    kind: 'failover',
    failover: (setting.failover ?? []).map(({ from, to }) => ({ from: from ?? '', to: to ?? '' })),
    failoverPriority: setting.failoverPriority ?? [],
  };
}

/** Istio's default for every limit: none, where Envoy by itself has 1,024 and 3. */
const noLimit = 4_294_967_295;

export function circuitBreakerOf({ connectionPool, retryBudget }: EffectivePolicy): CircuitBreaker {
  const { tcp, http } = connectionPool ?? {};
  return {
    maxConnections: tcp?.maxConnections || noLimit,
    maxPendingRequests: http?.http1MaxPendingRequests || noLimit,
    maxRequests: http?.http2MaxRequests || noLimit,
    maxRetries: http?.maxRetries || noLimit,
    ...(retryBudget === undefined
      ? {}
      : {
          retryBudget: {
            percent: retryBudget.percent ?? 20,
            minConcurrency: retryBudget.minRetryConcurrency ?? 3,
          },
        }),
  };
}

export function outlierDetectionOf(
  settings: OutlierDetectionSettings | undefined,
): OutlierDetection | undefined {
  if (settings === undefined) return undefined;
  const splitLocalOrigin = settings.splitExternalLocalOriginErrors ?? false;
  return {
    consecutive5xx: settings.consecutive5xxErrors ?? 5,
    consecutiveGatewayFailure: settings.consecutiveGatewayErrors ?? 0,
    consecutiveLocalOriginFailure: splitLocalOrigin ? settings.consecutiveLocalOriginFailures || 5 : 0,
    splitLocalOrigin,
    intervalMs: durationMs(settings.interval ?? '10s') ?? 10_000,
    baseEjectionMs: durationMs(settings.baseEjectionTime ?? '30s') ?? 30_000,
    maxEjectionPercent: settings.maxEjectionPercent || 10,
    minHealthPercent: settings.minHealthPercent ?? 0,
  };
}

export function connectionsOf(pool: ConnectionPoolSettings | undefined): UpstreamConnections | undefined {
  const { tcp, http } = pool ?? {};
  const idle = http?.idleTimeout ?? tcp?.idleTimeout;
  const keepalive = tcp?.tcpKeepalive;
  const connections: UpstreamConnections = {
    maxRequestsPerConnection: http?.maxRequestsPerConnection ?? 0,
    idleTimeoutMs: durationMs(idle ?? '0s') ?? 0,
    maxConnectionDurationMs: durationMs(tcp?.maxConnectionDuration ?? '0s') ?? 0,
    protocol:
      http?.useClientProtocol === true ? 'client' : http?.h2UpgradePolicy === 'UPGRADE' ? 'http2' : 'http1',
    maxConcurrentStreams: http?.maxConcurrentStreams ?? 0,
    ...(keepalive === undefined
      ? {}
      : {
          keepalive: {
            probes: keepalive.probes ?? 0,
            timeMs: durationMs(keepalive.time ?? '0s') ?? 0,
            intervalMs: durationMs(keepalive.interval ?? '0s') ?? 0,
          },
        }),
  };
  const says = Object.entries(connections).some(([, value]) => value !== 0 && value !== 'http1');
  return says ? connections : undefined;
}

/** @returns undefined for DISABLE and ISTIO_MUTUAL, which need no settings of their own */
export function originatedTls(settings: ClientTlsSettings | undefined): OriginatedTls | undefined {
  if (settings === undefined) return undefined;
  const mode = settings.mode ?? 'DISABLE';
  if (mode !== 'SIMPLE' && mode !== 'MUTUAL') return undefined;
  const { credentialName, caCertificates, caCrl, clientCertificate, privateKey } = settings;
  return {
    mode,
    sni: settings.sni ?? '',
    subjectAltNames: settings.subjectAltNames ?? [],
    authorities:
      (credentialName ? authoritiesOf(credentialName) : undefined) ??
      (caCertificates ? authorityFile(caCertificates, caCrl) : { kind: 'system' }),
    ...(mode === 'MUTUAL'
      ? {
          certificate: credentialName
            ? credentialSecret(credentialName)
            : {
                kind: 'files',
                certificate: clientCertificate ?? '',
                privateKey: privateKey ?? '',
              },
        }
      : {}),
    isInsecure: settings.insecureSkipVerify === true,
  };
}
